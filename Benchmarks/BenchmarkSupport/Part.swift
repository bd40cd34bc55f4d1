// The frame of a part: a program that measures something and prints one JSON line for each measurement.
//
//     NAME [--quick] [--seconds N] [--gateway PATH]
//
// Measurements go to standard output, everything for people to standard error. Exit codes: 0 done, 1 failed with the
// reason on standard error (what was measured until then counts), 64 wrong usage.

import Foundation

/// One part of the report, while it runs.
public struct Part: Sendable {
    /// As in its measurements.
    public let name: String
    /// Whether a rough answer in a few seconds is wanted.
    public let isQuick: Bool
    /// When the part has to have ended; the runner ends it soon after.
    public let deadline: ContinuousClock.Instant
    /// The gateway's executable.
    public let gateway: String

    /// Runs a part from its command line and ends the process.
    ///
    /// - Parameters:
    ///   - seconds: what it takes by itself, at most, when the command line does not say.
    ///   - measure: does it all; calls `measured` for each measurement as soon as it has it.
    public static func run(_ name: String, seconds: Int, _ measure: (Part) throws -> Void) -> Never {
        guard let part = Part(name, seconds: seconds, CommandLine.arguments.dropFirst()) else {
            FileHandle.standardError.write(
                Data("usage: \(name) [--quick] [--seconds N] [--gateway PATH-OF-SALLYPORT]\n".utf8))
            exit(64)
        }
        do {
            try measure(part)
            exit(0)
        } catch {
            part.progress("\(error)")
            exit(1)
        }
    }

    private init?(_ name: String, seconds: Int, _ arguments: ArraySlice<String>) {
        var (isQuick, seconds, gateway) = (false, seconds, "../.build/release/sallyport")
        var rest = arguments
        while let option = rest.popFirst() {
            switch option {
            case "--quick": isQuick = true
            case "--seconds":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else { return nil }
                seconds = number
            case "--gateway":
                guard let path = rest.popFirst() else { return nil }
                gateway = path
            default: return nil
            }
        }
        self.name = name
        self.isQuick = isQuick
        self.gateway = gateway
        deadline = ContinuousClock.now + .seconds(seconds)
    }

    /// Prints a measurement.
    public func measured(
        _ name: String, unit: String, _ samples: [Double], context: [String: String] = [:], goal: Goal? = nil,
        series: String? = nil, x: Double? = nil
    ) throws {
        let measurement = Figure(
            part: self.name, name: name, unit: unit, samples: samples, context: context, goal: goal, series: series,
            x: x)
        FileHandle.standardOutput.write(Data("\(try measurement.line)\n".utf8))
        progress("\(name): \(samples.median.formatted(digits: 4)) \(unit) (\(samples.spread))")
    }

    /// Says something to people.
    public func progress(_ text: String) {
        FileHandle.standardError.write(Data("\(name): \(text)\n".utf8))
    }

    /// Seconds until the deadline; negative after it.
    public var secondsLeft: Double { Double((deadline - .now) / .seconds(1)) }
}
