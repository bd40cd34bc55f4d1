/// A range of ports, such as the gateway's block, which the kernel's own use of ports has to respect.
extension ClosedRange<UInt16> {
    /// The larger of the two ranges, from 1024 on, that the block leaves; nil when neither has 1024 ports, which a
    /// router's own connections and its masquerading would soon use up.
    var complement: ClosedRange<UInt16>? {
        let below = lowerBound > 1024 ? 1024...lowerBound - 1 : nil
        let above = upperBound < .max ? upperBound + 1 ... .max : nil
        return [below, above].compactMap { $0 }.filter { $0.count >= 1024 }.max { $0.count < $1.count }
    }

    /// `first-last`, or the one port that it is.
    var text: String { count == 1 ? "\(lowerBound)" : "\(lowerBound)-\(upperBound)" }

    /// From such a text; nil for anything else.
    init?(_ text: some StringProtocol) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, first <= last else { return nil }
        self = first...last
    }
}
