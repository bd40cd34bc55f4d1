import FTPCodec
import TestSupport
import Testing

/// Lines are read where they stand: what is before and after them in the same span changes nothing.
@Suite struct RangeTests {
    /// Bytes that would be understood as part of the line, were they looked at.
    private static let before = bytes("PORT 1,2(|||3")
    private static let after = bytes("4,5,6,7,8,9|)(|||1|)\n")

    private static let lines =
        CommandTests.table.map(\.line) + PassiveReplyTests.good.map(\.line) + PassiveReplyTests.bad.map(\.line)
        + ExtendedPassiveReplyTests.good.map(\.line) + ExtendedPassiveReplyTests.bad.map(\.line)

    @Test("A line among others is read as when it stands alone", arguments: lines)
    func alike(text: String) {
        let line = bytes(text)
        let stream = Self.before + line + Self.after
        let start = Self.before.count
        let range = start..<start + line.count

        let command = Command(line: stream.span.bytes, range)
        let alone = Command(line: line.span.bytes)
        #expect(command.verb == alone.verb)
        #expect(command.argument == start + alone.argument.lowerBound..<start + alone.argument.upperBound)

        let replyLine = ReplyLine(stream.span.bytes, range)
        let replyLineAlone = ReplyLine(line.span.bytes)
        #expect(replyLine == replyLineAlone)

        let passive = try? PassiveReply.parse(stream.span.bytes, range)
        let passiveAlone = try? PassiveReply.parse(line.span.bytes)
        #expect(passive?.endpoint == passiveAlone?.endpoint)
        #expect(passive?.range.lowerBound == passiveAlone.map { start + $0.range.lowerBound })
        #expect(passive?.range.upperBound == passiveAlone.map { start + $0.range.upperBound })

        let extended = try? ExtendedPassiveReply.parse(stream.span.bytes, range)
        let extendedAlone = try? ExtendedPassiveReply.parse(line.span.bytes)
        #expect(extended?.port == extendedAlone?.port)
        #expect(extended?.range.lowerBound == extendedAlone.map { start + $0.range.lowerBound })

        for end in start..<range.upperBound {
            let foresight = Command.foresee(prefix: stream.span.bytes, start..<end)
            #expect(foresight == foresee(Array(stream[start..<end])))
        }
    }

    @Test func `The end of a line and of TLS records is looked for before the given end only`() {
        let stream = bytes("PASV\r\nPASV\r\n")
        let none = LineEnd.find(in: stream.span.bytes, from: 6, to: 11)
        let found = LineEnd.find(in: stream.span.bytes, from: 6, to: 12)
        #expect(none == nil && found == 12)

        let records: [UInt8] = [21, 3, 3, 0, 1, 0, 80]
        var follower = TLSRecords()
        let inside = follower.follow(records.span.bytes, from: 0, to: 6)
        let text = follower.follow(records.span.bytes, from: 6)
        #expect(inside == .inside && text == .plaintext(at: 6))
    }
}
