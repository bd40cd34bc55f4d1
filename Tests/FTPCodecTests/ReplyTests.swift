import FTPCodec
import TestSupport
import Testing

@Suite struct ReplyTests {
    static let lines: [(line: String, code: Int, kind: ReplyLine.Kind)] = [
        ("227 x\r\n", 227, .final), ("200 ", 200, .final), ("200\r", 200, .final), ("200\n", 200, .final),
        ("211-", 211, .opens), ("\u{FF}\u{F1}2\u{0}27 ", 227, .final), ("2271", 0, .text), ("22x", 0, .text),
        (" 227 ", 0, .text), ("227\t", 0, .text), ("\r\n", 0, .text), ("2\n", 0, .text), ("999 ", 999, .final),
    ]

    @Test("Four bytes tell what a line is", arguments: lines)
    func kinds(row: (line: String, code: Int, kind: ReplyLine.Kind)) throws {
        let line = try #require(replyLine(bytes(row.line)))
        #expect(line.code == row.code && line.kind == row.kind)
    }

    @Test(
        "Before that, nothing is decided", arguments: ["", "2", "22", "227", "\u{FF}", "227\u{FF}\u{FB}", "2\u{0}27"])
    func undecided(prefix: String) {
        #expect(replyLine(bytes(prefix)) == nil)
    }

    /// What the lines of a server mean, each with its event.
    private func events(_ stream: String) -> [ReplyReader.Event] {
        var reader = ReplyReader()
        let stream = bytes(stream)
        var start = 0
        var events: [ReplyReader.Event] = []
        while let end = lineEnd(stream, from: start) {
            events.append(reader.read(replyLine(Array(stream[start..<end]))!))
            start = end
        }
        return events
    }

    @Test func `A middle line that begins with 227 is not a reply`() {
        let stream = "211-Features\r\n227 (10,0,0,1,4,1)\r\n 229 x\r\n227-\r\n211-more\r\n\r\n211 End\r\n227 Yes\r\n"
        #expect(events(stream) == Array(repeating: .middle, count: 6) + [.final(211), .final(227)])
    }

    @Test func `A preliminary reply is told from the final one, also over several lines`() {
        #expect(events("150 Here\r\n226 Done\n") == [.preliminary(150), .final(226)])
        #expect(events("150-Here\r\n226 no\r\n150 it comes\r\n") == [.middle, .middle, .preliminary(150)])
    }

    @Test func `Lines outside of any reply are no replies`() {
        #expect(events("hello\r\n\r\n220 x\r\n") == [.middle, .middle, .final(220)])
    }

    @Test func `However the lines are cut, what they mean does not change`() {
        var random = Random()
        let codes = ["211", "227", "150", "226", "000"]
        for _ in 0..<2_000 {
            // Replies of one to four lines, and what each of their lines means.
            var stream = ""
            var expected: [ReplyReader.Event] = []
            for _ in 0..<4 {
                let code = codes.randomElement(using: &random)!
                let extra = Int.random(in: 0...3, using: &random)
                for line in 0..<extra {
                    let other = codes.filter { $0 != code }.randomElement(using: &random)!
                    let middle = ["\(other) x\r\n", "\(other)-\n", "\(code)-more\n", "\r\n"].randomElement(
                        using: &random)!
                    stream += line == 0 ? "\(code)-text\r\n" : middle
                    expected.append(.middle)
                }
                stream += ["\(code) end\r\n", "\(code)\r\n"].randomElement(using: &random)!
                expected.append(code == "150" ? .preliminary(150) : .final(Int(code)!))
            }
            #expect(events(stream) == expected, "seed \(random.seed): \(stream)")

            // A line's beginning, once it is decided, stays as it is.
            for line in stream.split(separator: "\n", omittingEmptySubsequences: true) {
                let line = bytes(line + "\n")
                let whole = replyLine(line)
                for length in 0..<line.count {
                    let now = replyLine(Array(line[..<length]))
                    #expect(now == nil || now == whole, "seed \(random.seed): \(line)")
                }
            }
        }
    }
}
