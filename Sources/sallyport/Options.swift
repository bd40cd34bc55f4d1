import ArgumentParser
import Control
import Foundation

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    static let usual = "/etc/sallyport.yaml"

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
    var config = ConfigurationOption.usual

    /// The configuration, read and checked.
    func read() throws -> Configuration { try Configuration(contentsOf: config) }
}

/// Which gateway to ask, and how to print the answer.
struct QueryOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption

    @Flag(name: .long, help: "Print JSON, for programs.")
    var json = false

    /// What the gateway of that configuration is doing.
    func snapshot() throws -> Snapshot {
        // Without the default file, the default directory is meant.
        if configuration.config == ConfigurationOption.usual,
            !FileManager.default.fileExists(atPath: ConfigurationOption.usual)
        {
            return try Snapshot(directory: Configuration.Gateway().stateDirectory)
        }
        return try Snapshot(directory: try configuration.read().gateway.stateDirectory)
    }

    /// Prints a value as JSON, or else lines.
    func print(_ value: some Encodable, orLines lines: @autoclosure () -> [String]) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            encoder.dateEncodingStrategy = .iso8601
            Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
        } else {
            for line in lines() { Swift.print(line) }
        }
    }
}

/// Columns under each other; the last of a row is not padded.
func columns(_ heading: [String], _ rows: [[String]]) -> [String] {
    let all = [heading] + rows
    let widths = heading.indices.map { column in all.map { $0[column].count }.max()! }
    return all.map { row in
        row.indices.map { column in
            column == row.count - 1
                ? row[column] : row[column].padding(toLength: widths[column], withPad: " ", startingAt: 0)
        }.joined(separator: "  ")
    }
}

/// Writes to standard error.
func standardError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

/// A reason to end with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
