import Foundation
import SIPCodec
import TestSupport
import Testing

/// What holds for any bytes: nothing traps, and ranges lie inside.
@Suite struct PropertyTests {
    /// Messages, which are then changed at random.
    private static func seeds() -> [[UInt8]] {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Torture")
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        let torture = (files?.compactMap { $0 as? URL } ?? []).compactMap { try? [UInt8](Data(contentsOf: $0)) }
        return torture + [bytes(MessageTests.golden)]
    }

    @Test func `Messages changed at random are read without harm, and alone as among others`() {
        var random = Random()
        let seeds = Self.seeds()
        #expect(seeds.count > 60)
        var rows = HeaderRows()
        var otherRows = HeaderRows()
        for _ in 0..<100_000 {
            let message = mutated(seeds.randomElement(using: &random)!, seeds, &random)
            let isStream = Bool.random(using: &random)
            let before = Int.random(in: 0...70, using: &random)
            let after = Int.random(in: 0...70, using: &random)
            let padded =
                (0..<before).map { _ in UInt8(ascii: "\n") } + message + (0..<after).map { _ in UInt8(ascii: ":") }
            let range = before..<before + message.count
            let alone = try? SIPMessage.parse(message.span.bytes, isStream: isStream, rows: &rows)
            let among = try? SIPMessage.parse(padded.span.bytes, range, isStream: isStream, rows: &otherRows)
            #expect((alone == nil) == (among == nil) && rows.count == otherRows.count, "seed \(random.seed)")
            guard let alone, let among else { continue }
            #expect(among.range == alone.range.lowerBound + before..<alone.range.upperBound + before)
            #expect(among.body.count == alone.body.count && among.trailing.count == alone.trailing.count)
            guard checkRanges(message, alone, rows) else {
                Issue.record("a range outside, seed \(random.seed)")
                return
            }
        }
    }

    private func mutated(_ message: [UInt8], _ seeds: [[UInt8]], _ random: inout Random) -> [UInt8] {
        var message = message
        for _ in 0..<Int.random(in: 0...4, using: &random) where !message.isEmpty {
            let offset = Int.random(in: 0..<message.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: message[offset] = UInt8.random(in: 0...255, using: &random)
            case 1: message[offset] = "\r\n \t\",;:=<>()@[]?/\\*0".utf8.randomElement(using: &random)!
            case 2: message.removeSubrange(offset..<min(message.count, offset + Int.random(in: 1...20, using: &random)))
            case 3: message.insert("\r\n \t\",;:=<>()@[]?/\\*0".utf8.randomElement(using: &random)!, at: offset)
            case 4: message.removeLast(message.count - offset)
            default:
                let other = seeds.randomElement(using: &random)!
                let start = Int.random(in: 0..<other.count, using: &random)
                message.insert(contentsOf: other[start..<min(other.count, start + 30)], at: offset)
            }
        }
        return message
    }

    /// Reads every value as everything, and says whether all that was found lies inside of what it was found in.
    private func checkRanges(_ message: [UInt8], _ parsed: SIPMessage, _ rows: borrowing HeaderRows) -> Bool {
        let whole = 0..<message.count
        var inside = [
            parsed.range, parsed.via, parsed.from, parsed.to, parsed.callID, parsed.cSeq.methodRange, parsed.body,
            parsed.trailing, parsed.contentLength ?? 0..<0,
        ].allSatisfy { $0.clamped(to: whole) == $0 }
        inside = inside && checkValue(message, parsed.startLine.uri)
        for index in 0..<rows.count {
            let row = rows[index].value
            inside = inside && row.clamped(to: parsed.range) == row && checkValue(message, row)
            var list = ValueList(row)
            while let value = list.next(in: message.span.bytes) {
                inside = inside && value.clamped(to: row) == value && checkValue(message, value)
            }
        }
        return inside
    }

    private func checkValue(_ message: [UInt8], _ value: Range<Int>) -> Bool {
        let bytes = message.span.bytes
        var found: [Range<Int>?] = []
        if let address = NameAddress(bytes, value) {
            found += [address.displayName, address.uri, address.parameters]
            if let uri = SIPURI(bytes, address.uri) {
                found += [uri.userInfo, uri.host?.range, uri.host?.portRange, uri.parameters, uri.headers]
            }
        }
        if let uri = SIPURI(bytes, value) { found += [uri.host?.range, uri.parameters] }
        if let via = ViaValue(bytes, value) {
            found += [
                via.transport, via.sentBy.range, via.sentBy.portRange, via.parameters, via.branch?.value,
                via.received?.value,
            ]
            found += [via.rport?.nameRange, via.rport?.value, via.maddr?.value, via.ttl?.value, via.keep?.nameRange]
        }
        if let replaces = Replaces(bytes, value) { found += [replaces.callID, replaces.toTag, replaces.fromTag] }
        var parameters = Parameters(value)
        while let parameter = parameters.next(in: bytes) { found += [parameter.nameRange, parameter.value] }
        _ = Credentials.coverBody(bytes, value)
        _ = DeltaSeconds.parse(bytes, value)
        _ = NameAddress.isWildcard(bytes, value)
        return found.allSatisfy {
            $0 == nil || $0!.lowerBound >= value.lowerBound && $0!.upperBound <= value.upperBound
        }
    }
}
