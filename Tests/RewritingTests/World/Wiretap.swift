import Rewriting
import WireFormats

/// Looks at every frame that the gateway emits toward one side, and keeps what was seen at every position: a
/// retransmission, however it is cut, must repeat it.
struct Wiretap {
    /// By position in the target's counting, the SYN being 0; nil where nothing was seen.
    private var seen: [UInt8?] = []
    private var finPosition: Int?
    private var initial: UInt32?
    private(set) var frames = 0
    /// The most that the gateway may let in at once: a small block, or for SIP a large one.
    var windowMax = 16384

    /// Checks a segment on its way to `target`, which has to come from `expected`. `arrived` is how far what `target` sent
    /// has come to the gateway.
    mutating func check(_ segment: Segment, to target: Peer, expected: Endpoint, arrived: Int) throws {
        frames += 1
        try require(segment.source == expected, "comes from \(segment.source) instead of \(expected)")
        try require(segment.destination == target.local, "goes to \(segment.destination) instead of \(target.local)")
        try require(segment.timeToLive > 32, "time to live \(segment.timeToLive)")
        if segment.flags.has(.syn) {
            initial = segment.sequence
            return try require(segment.data.isEmpty, "data on a SYN")
        }
        guard !segment.flags.has(.rst), let initial else { return }
        let size = segment.data.count + segment.options.length
        try require(
            segment.data.isEmpty || size <= target.advertisedSegmentMax,
            "\(segment.data.count) octets and \(segment.options.length) of options exceed the MSS \(target.advertisedSegmentMax)"
        )
        let position =
            target.windowEdge
            + Int(Int32(bitPattern: segment.sequence &- initial &- UInt32(truncatingIfNeeded: target.windowEdge)))
        try checkWindow(segment, position, target)
        try checkAcknowledgement(segment, target, arrived)
        try checkBytes(segment, position)
    }

    private func checkWindow(_ segment: Segment, _ position: Int, _ target: Peer) throws {
        let isProbe = segment.data.count == 1
        let end = position + segment.data.count
        try require(
            segment.data.isEmpty || isProbe || end <= target.windowEdge,
            "\(position)..<\(end) is beyond the window, which ends at \(target.windowEdge)")
    }

    private func checkAcknowledgement(_ segment: Segment, _ target: Peer, _ arrived: Int) throws {
        let number =
            target.sentMax
            + Int(
                Int32(
                    bitPattern: segment.acknowledgement &- target.initialSequence
                        &- UInt32(truncatingIfNeeded: target.sentMax)))
        try require(number <= target.sentMax, "acknowledges \(number), but only \(target.sentMax) were sent")
        let edge = number + Int(segment.window) << target.scale
        try require(edge <= arrived + windowMax, "the window ends at \(edge), but only \(arrived) have come")
    }

    private mutating func checkBytes(_ segment: Segment, _ position: Int) throws {
        let end = position + segment.data.count
        if !segment.data.isEmpty, seen.count < end { seen += [UInt8?](repeating: nil, count: end - seen.count) }
        for (index, byte) in segment.data.enumerated() {
            let old = seen[position + index]
            try require(old == nil || old == byte, "position \(position + index) was \(old ?? 0) and now is \(byte)")
            try require(finPosition.map { position + index < $0 } ?? true, "data behind the FIN")
            seen[position + index] = byte
        }
        guard segment.flags.has(.fin) else { return }
        try require(finPosition == nil || finPosition == end, "the FIN moved")
        try require(end >= seen.count, "FIN at \(end) before data up to \(seen.count)")
        finPosition = end
    }

    private func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
        if !condition { throw FrameDefect(text()) }
    }
}
