// What became of a load of calls, from SIPp's own statistics.

import Foundation

/// The outcome of a load of calls.
public struct SIPLoadResult: Sendable {
    /// Calls from INVITE to the answer to BYE, as the caller counts them, and all others.
    public let succeeded: Int
    public let failed: Int
    /// Messages that either side sent again.
    public let retransmissions: Int
    /// RTP packets that arrived.
    public let soundToCaller: Int
    public let soundToCallee: Int
    /// Milliseconds from each INVITE to its 200, in ascending order. SIPp's clock has the resolution of the kernel's tick.
    public let responseTimes: [Double]

    init(
        callerStatistics: String, calleeStatistics: String, responseTimes: String, calls: Int, soundToCaller: Int,
        soundToCallee: Int
    ) throws {
        let caller = try SIPLoadResult.lastRow(of: callerStatistics)
        let callee = try SIPLoadResult.lastRow(of: calleeStatistics)
        succeeded = caller["SuccessfulCall(C)"] ?? 0
        failed = calls - succeeded
        retransmissions = (caller["Retransmissions(C)"] ?? 0) + (callee["Retransmissions(C)"] ?? 0)
        self.soundToCaller = soundToCaller
        self.soundToCallee = soundToCallee
        // Rows of date, milliseconds, and number of the timer. No call, no file.
        let rows = (try? String(contentsOfFile: responseTimes, encoding: .utf8)) ?? ""
        self.responseTimes = rows.split(whereSeparator: \.isNewline).dropFirst()
            .compactMap { Double($0.split(separator: ";")[1]) }.sorted()
    }

    /// The response time that this part of the calls, from 0 to 1, did not exceed.
    public func responseTime(of part: Double) -> Double {
        responseTimes.isEmpty ? .nan : responseTimes[Int(part * Double(responseTimes.count - 1))]
    }

    /// For people.
    public var summary: String {
        """
        calls          \(succeeded) succeeded, \(failed) failed, \(retransmissions) retransmissions
        sound          \(soundToCallee) packets to the callee, \(soundToCaller) to the caller
        INVITE to 200  median \(responseTime(of: 0.5)) ms, 99 % \(responseTime(of: 0.99)) ms, \
        at most \(responseTime(of: 1)) ms
        """
    }

    /// The whole numbers of the last row, by the names in the first: those with (C) are since the beginning.
    private static func lastRow(of file: String) throws -> [String: Int] {
        let rows = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ";", omittingEmptySubsequences: false) }
        guard let names = rows.first, let values = rows.last, rows.count > 1 else {
            throw LabError("\(file) has no statistics of SIPp")
        }
        return Dictionary(zip(names, values).compactMap { name, value in Int(value).map { (String(name), $0) } }) { $1 }
    }
}
