import TestSupport
import Testing
import WireFormats

@testable import Rewriting

/// The mapping between the numbers of the source and those of the target, against a table of every position.
@Suite struct EditLogTests {
    /// A log beside a table: for every octet of the source where the target's stands, and the other way round.
    private struct Model {
        var log = EditLog()
        /// Where kept octets stand: source offset, target offset.
        var kept: [(source: Int, target: Int)] = []
        /// Replaced stretches.
        var edits: [(source: Range<Int>, target: Range<Int>)] = []
        var sourceEnd = 0
        var targetEnd = 0
        let source: SequenceNumber
        let target: SequenceNumber

        mutating func keep(_ count: Int) {
            for offset in 0..<count { kept.append((sourceEnd + offset, targetEnd + offset)) }
            sourceEnd += count
            targetEnd += count
        }

        mutating func replace(_ count: Int, by length: Int) {
            log.append(
                Edit(
                    source: source.advanced(by: sourceEnd), sourceLength: count, target: target.advanced(by: targetEnd),
                    targetLength: length))
            edits.append((sourceEnd..<sourceEnd + count, targetEnd..<targetEnd + length))
            sourceEnd += count
            targetEnd += length
        }

        /// The target's number, as the log says it.
        func inTarget(_ position: SequenceNumber, _ rounding: EditLog.Rounding) -> SequenceNumber {
            var log = log
            return log.target(of: position, rounding)
        }

        /// The source's number, as the log says it.
        func inSource(_ position: SequenceNumber, _ rounding: EditLog.Rounding) -> SequenceNumber {
            var log = log
            return log.source(of: position, rounding)
        }
    }

    /// A log of up to `count` edits, before any position of which both numbers are the same.
    private func model(_ random: inout Random, edits count: Int) -> Model {
        let start = SequenceNumber(
            random.once(in: 2) ? 0 &- UInt32(random.number(0...500)) : UInt32(random.number(0...1 << 30)))
        var model = Model(source: start, target: start)
        for _ in 0..<count {
            model.keep(random.number(1...30))
            let length = random.number(1...30)
            model.replace(length, by: random.one(of: [0, length + random.number(1...12), random.number(0...40)]))
        }
        model.keep(random.number(1...30))
        return model
    }

    @Test func `a kept octet is found from either side, across a wrap too`() {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<2_000 {
            // More than 16 edits make the last one coarse; then only what lies before it is exact.
            let model = model(&random, edits: random.number(0...16))
            for (source, target) in model.kept {
                let (inSource, inTarget) = (model.source.advanced(by: source), model.target.advanced(by: target))
                #expect(model.inTarget(inSource, .down) == inTarget)
                #expect(
                    model.inSource(inTarget, .up) == inSource
                        || model.edits.contains { $0.target.isEmpty && $0.target.lowerBound == target })
                #expect(model.inTarget(model.inSource(inTarget, .down), .up) == inTarget)
            }
        }
    }

    @Test func `a position within an edit maps to one of its ends`() {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<2_000 {
            let model = model(&random, edits: random.number(1...16))
            for edit in model.edits where edit.source.count != edit.target.count {
                for position in edit.source.dropFirst() {
                    let number = model.source.advanced(by: position)
                    #expect(model.inTarget(number, .down) == model.target.advanced(by: edit.target.lowerBound))
                    #expect(model.inTarget(number, .up) == model.target.advanced(by: edit.target.upperBound))
                }
                for position in edit.target.dropFirst() {
                    let number = model.target.advanced(by: position)
                    #expect(model.inSource(number, .down) == model.source.advanced(by: edit.source.lowerBound))
                    #expect(model.inSource(number, .up) == model.source.advanced(by: edit.source.upperBound))
                }
            }
        }
    }

    @Test func `a log that is full grows coarse, and stays in order and right at its end`() {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<500 {
            let model = model(&random, edits: random.number(17...60))
            let end = model.source.advanced(by: model.sourceEnd)
            #expect(model.inTarget(end, .down) == model.target.advanced(by: model.targetEnd))
            #expect(model.inSource(model.target.advanced(by: model.targetEnd), .down) == end)
            var last = model.target
            for position in 0...model.sourceEnd {
                let down = model.inTarget(model.source.advanced(by: position), .down)
                let up = model.inTarget(model.source.advanced(by: position), .up)
                #expect(last <= down && down <= up)
                last = down
            }
        }
    }

    @Test func `what is acknowledged may be forgotten without moving anything after it`() {
        var random = Random(seed: UInt64.random(in: 0 ... .max))
        for _ in 0..<1_000 {
            let model = model(&random, edits: random.number(1...16))
            let acknowledged = random.number(0...model.targetEnd)
            var later = model
            later.log.forget(before: model.target.advanced(by: acknowledged))
            for (source, target) in model.kept where target >= acknowledged {
                #expect(later.inTarget(model.source.advanced(by: source), .down) == model.target.advanced(by: target))
            }
            let next = model.target.advanced(by: acknowledged)
            #expect(later.inSource(next, .down) == model.inSource(next, .down))
        }
    }
}
