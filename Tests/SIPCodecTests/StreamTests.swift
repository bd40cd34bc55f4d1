import SIPCodec
import TestSupport
import Testing

/// What a stream was cut into: the lengths of messages, and as negative numbers those of keep-alives.
struct Frames {
    enum Rest: Equatable {
        /// All of it was framed.
        case nothing
        /// So many bytes are no frame yet.
        case incomplete(Int)
        /// And after how many bytes the next message begins.
        case defect(MessageDefect, length: Int? = nil)
    }

    private(set) var lengths: [Int] = []
    private(set) var rest = Rest.nothing

    /// `progress` is that of the first frame, and in the end that of what is no frame yet.
    init(of stream: [UInt8], _ rows: inout HeaderRows, _ progress: inout StreamProgress) {
        var start = 0
        while start < stream.count {
            switch StreamFrame.next(
                in: stream.span.bytes, start..<stream.count, rows: &rows, progress: &progress)
            {
            case .incomplete:
                rest = .incomplete(stream.count - start)
                return
            case .keepAlive(let length):
                lengths.append(-length)
                start += length
            case .message(let message):
                precondition(message.range.lowerBound == start && message.trailing.isEmpty)
                lengths.append(message.range.count)
                start = message.range.upperBound
            case .defect(let defect, let length):
                rest = .defect(defect, length: length)
                return
            }
        }
    }
}

@Suite struct StreamTests {
    private static let first = invite("l: 4", body: "\r\n\r\n")
    private static let second = invite("Content-Length: 0", line: "SIP/2.0 200 OK")

    private func frames(_ text: String) -> Frames {
        var rows = HeaderRows()
        var progress = StreamProgress()
        return Frames(of: bytes(text), &rows, &progress)
    }

    @Test func `Messages and keep-alives are told apart by Content-Length`() {
        let read = frames("\r\n\r\n" + Self.first + "\r\n" + Self.second + Self.second + "\r\n\r\n")
        #expect(
            read.lengths == [-4, Self.first.utf8.count, -2, Self.second.utf8.count, Self.second.utf8.count, -4])
        #expect(read.rest == .nothing)
    }

    @Test("RFC 3261 18.3: on a stream, Content-Length is required") func required() {
        #expect(frames(invite()).rest == .defect(.missing(.contentLength)))
        #expect(frames(invite("l: -1")).rest == .defect(.malformed(.contentLength)))
        #expect(frames(invite("l: 1\nl: 2")).rest == .defect(.repeated(.contentLength)))
    }

    @Test func `Behind a defect the next message is found by Content-Length, unless that is in doubt`() {
        let missing = "SIP/2.0 200 OK\r\nl: 4\r\n\r\nbody"
        #expect(frames(missing + Self.first).rest == .defect(.missing(.via), length: missing.utf8.count))
        #expect(frames(String(missing.dropLast())).rest == .incomplete(missing.utf8.count - 1))
        #expect(frames("SIP/2.0 200 OK\r\n\r\nbody").rest == .defect(.missing(.via)))
        #expect(frames("SIP/2.0 200 OK\r\nl: 4\r\nl: 5\r\n\r\nbody").rest == .defect(.missing(.via)))
        #expect(frames("SIP/2.0 200 OK\r\nl: 65536\r\n\r\nbody").rest == .defect(.missing(.via)))
    }

    @Test func `What comes byte by byte is read when its header section is whole, and when its body is`() {
        let message = bytes(invite("l: 4000", body: String(repeating: "x", count: 4000)))
        var progress = StreamProgress()
        var readings: [Int] = []
        for count in 1...message.count {
            var rows = HeaderRows()
            let some = Frames(of: Array(message[..<count]), &rows, &progress)
            #expect(some.lengths == (count < message.count ? [] : [count]))
            if rows.count > 0 { readings.append(count) }
        }
        #expect(readings == [message.count - 4000, message.count])
    }

    @Test func `What is no SIP is told at the first byte that cannot be of it`() {
        #expect(frames("\u{16}").rest == .defect(.notSIP))
        #expect(frames("INV").rest == .incomplete(3))
        #expect(frames("SIP/2.0").rest == .incomplete(7))
        #expect(frames("INV\u{0}").rest == .defect(.notSIP))
        #expect(frames("GET / HT").rest == .incomplete(8))
        #expect(frames("GET / HTTP/1.1\r\n").rest == .defect(.notSIP))
        #expect(frames("\r\n\u{80}").rest == .defect(.notSIP) && frames("\r\n\u{80}").lengths == [-2])
    }

    @Test func `Every prefix of a stream is framed as the whole is, as far as it goes`() {
        let whole = bytes("\r\n" + Self.first + Self.second + "\r\n\r\n" + Self.first)
        var rows = HeaderRows()
        var progress = StreamProgress()
        let all = Frames(of: whole, &rows, &progress)
        for count in 0...whole.count {
            var progress = StreamProgress()
            let some = Frames(of: Array(whole[..<count]), &rows, &progress)
            let framed = some.lengths.map(abs).reduce(0, +)
            #expect(some.rest == (framed == count ? .nothing : .incomplete(count - framed)), "\(count) bytes")
            #expect(all.lengths.map(abs).starts(with: some.lengths.map(abs)) || some.lengths.last! < 0)
        }
    }

    @Test func `A stream is framed the same however it is split`() {
        var random = Random()
        let pieces = [Self.first, Self.second, "\r\n", "\r\n\r\n"]
        var rows = HeaderRows()
        for _ in 0..<500 {
            let stream = bytes((0..<6).map { _ in pieces.randomElement(using: &random)! }.joined())
            var progress = StreamProgress()
            let whole = Frames(of: stream, &rows, &progress)
            // As a receiver does it: keep what is no frame yet, and ask again when more has come.
            progress = StreamProgress()
            var held: [UInt8] = []
            var lengths: [Int] = []
            var start = 0
            while start < stream.count {
                let count = min(Int.random(in: 1...200, using: &random), stream.count - start)
                held += stream[start..<start + count]
                start += count
                let some = Frames(of: held, &rows, &progress)
                for length in some.lengths {
                    // A keep-alive may come in pieces.
                    if length < 0, let last = lengths.last, last < 0 {
                        lengths[lengths.count - 1] += length
                    } else {
                        lengths.append(length)
                    }
                    held.removeFirst(abs(length))
                }
            }
            #expect(held.isEmpty && lengths == whole.lengths, "seed \(random.seed)")
        }
    }
}
