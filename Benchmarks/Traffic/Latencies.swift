import CTraffic

/// A histogram of times: eight buckets for each power of two nanoseconds, so a figure is right within an eighth.
public struct Latencies: Sendable {
    /// By bucket, as traffic_program.h numbers them.
    private let counts: [UInt64]

    /// Those of several processors together; each value is a row of buckets.
    init(_ rows: [some BitwiseCopyable]) {
        var counts = [UInt64](repeating: 0, count: Int(TRAFFIC_LATENCIES.rawValue))
        for row in rows {
            withUnsafeBytes(of: row) { row in
                for (bucket, count) in row.bindMemory(to: UInt64.self).enumerated() { counts[bucket] += count }
            }
        }
        self.counts = counts
    }

    private init(counts: [UInt64]) { self.counts = counts }

    /// What was added between two readings.
    static func - (later: Latencies, earlier: Latencies) -> Latencies {
        Latencies(counts: zip(later.counts, earlier.counts).map { $0 - $1 })
    }

    /// How many there are.
    public var count: UInt64 { counts.reduce(0, +) }

    /// The time in nanoseconds that a share (0 to 1) of all did not exceed, as the upper end of its bucket; 0 if there
    /// are none.
    public func percentile(_ share: Double) -> Double {
        let wanted = UInt64((share * Double(count)).rounded(.up))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if count > 0, seen >= wanted { return Latencies.end(of: bucket) }
        }
        return 0
    }

    /// The least time that is above a bucket.
    private static func end(of bucket: Int) -> Double {
        guard bucket >= 8 else { return Double(bucket + 1) }
        let power = bucket / 8 + 2
        return Double(UInt64(bucket % 8 + 9) << UInt64(power - 3))
    }
}
