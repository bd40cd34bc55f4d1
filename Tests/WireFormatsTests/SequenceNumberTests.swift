import TestSupport
import Testing
import WireFormats

@Suite struct SequenceNumberTests {
    @Test func `Order and distance hold across the wrap-around`() {
        var random = Random()
        for round in 0..<20_000 {
            let near = UInt32.random(in: 0...2_000, using: &random) &- 1_000
            let start = SequenceNumber(round % 2 == 0 ? near : UInt32.random(in: 0 ... .max, using: &random))
            let distance = [1, 2, 1_460, 0x7fff_fffe, 0x7fff_ffff, Int.random(in: 1..<1 << 31, using: &random)]
                .randomElement(using: &random)!
            let end = start.advanced(by: distance)
            let agree =
                start < end && start <= end && end > start && end >= start
                && !(end < start) && !(end <= start) && !(start > end) && !(start >= end) && start != end
                && start.distance(to: end) == distance && end.distance(to: start) == -distance
                && end.advanced(by: -distance) == start
                && SequenceNumber.later(start, end) == end && SequenceNumber.later(end, start) == end
                && SequenceNumber.earlier(start, end) == start && SequenceNumber.earlier(end, start) == start
            guard agree else {
                Issue.record("\(start) and \(distance), seed \(random.seed)")
                return
            }
        }
    }

    @Test(
        "A position is neither before nor after itself", arguments: [0, 1, 0x7fff_ffff, 0x8000_0000, .max] as [UInt32])
    func same(value: UInt32) {
        let position = SequenceNumber(value)
        #expect(!(position < position) && !(position > position) && position <= position && position >= position)
        #expect(position.distance(to: position) == 0)
    }

    @Test func `The number after the last is zero`() {
        #expect(SequenceNumber(.max).advanced(by: 1) == SequenceNumber(0))
        #expect(SequenceNumber(.max) < SequenceNumber(0))
        #expect(SequenceNumber(0).advanced(by: -1) == SequenceNumber(.max))
    }
}
