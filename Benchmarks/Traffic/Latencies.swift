/// A histogram of times: eight buckets for each power of two nanoseconds, so a figure is right within an eighth.
public struct Latencies: Sendable {
    /// By bucket, as sink.bpf.c fills them.
    let counts: [UInt64]

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
