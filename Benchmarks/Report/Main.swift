// `report` runs the parts, one after the other, and writes down what they measured.
//
//     report [--quick] --gateway PATH --output DIRECTORY
//
// A part that is missing, fails or takes too long is reported as that, with what it had measured until then. Exit
// codes: 0 the report is written, 1 it cannot be, 64 wrong usage.

import BenchmarkSupport
import Foundation
import Lab

@main
enum Main {
    static func main() {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            FileHandle.standardError.write(Data("usage: report [--quick] --gateway PATH --output DIRECTORY\n".utf8))
            exit(64)
        }
        do {
            let report = Report(isQuick: options.isQuick, runs: try PartRun.all(options))
            try report.write(to: options.output)
            print(report.summary)
        } catch {
            FileHandle.standardError.write(Data("report: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// The command line.
struct Options {
    var isQuick = false
    var gateway = ""
    var output = ""

    /// Nil where it cannot be understood.
    init?(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let option = rest.popFirst() {
            switch option {
            case "--quick": isQuick = true
            case "--gateway": gateway = rest.popFirst() ?? ""
            case "--output": output = rest.popFirst() ?? ""
            default: return nil
            }
        }
        if gateway.isEmpty || output.isEmpty { return nil }
    }
}
