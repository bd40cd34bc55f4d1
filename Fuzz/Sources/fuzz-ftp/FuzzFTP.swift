// Fuzzes FTPCodec. An input is a stream of control lines; every line is read as a command and as a reply, and the whole
// of it as TLS records. What must hold for any bytes is checked with preconditions.

import FTPCodec
import Fuzzing

@main
enum FuzzFTP {
    static func main() {
        fuzz { data, count in
            let bytes = UnsafeRawBufferPointer(start: data, count: count).bytes
            FuzzFTP.checkLines(of: bytes)
            FuzzFTP.checkRecords(of: bytes)
            return 0
        }
    }

    /// Lines end where their LF is, and all the rest holds for each of them.
    static func checkLines(of stream: RawSpan) {
        var replies = ReplyReader()
        var start = 0
        while let end = LineEnd.find(in: stream, from: start) {
            for offset in start..<end {
                precondition((byte(stream, offset) == 10) == (offset == end - 1), "a line has one LF, at its end")
            }
            let line = stream.extracting(start..<end)
            checkSame(line, start, Command(line: stream, start..<end))
            checkCommand(line)
            checkReply(line, &replies)
            start = end
        }
        for offset in start..<stream.byteCount { precondition(byte(stream, offset) != 10, "an LF was overlooked") }
    }

    /// A line that stands alone is read as the same line was, `start` bytes into a stream.
    static func checkSame(_ line: RawSpan, _ start: Int, _ command: Command) {
        let alone = Command(line: line)
        precondition(
            alone.verb == command.verb && alone.argument.count == command.argument.count
                && alone.argument.lowerBound + start == command.argument.lowerBound, "neighbours changed a command")
    }

    static func checkCommand(_ line: RawSpan) {
        let command = Command(line: line)
        checkRange(command.argument, in: line)
        for length in 0..<min(line.byteCount, 64) {
            let foresight = Command.foresee(prefix: line.extracting(0..<length))
            precondition(
                foresight == .undecided || (foresight == .acts) == command.verb.isActedOn,
                "foresight contradicts the whole line")
        }
        if let endpoint = try? PortArgument.parse(line, command.argument) { checkWritten(endpoint, delimiter: 0x7C) }
        if case .ipv4(let endpoint, let delimiter)? = try? ExtendedPortArgument.parse(line, command.argument) {
            checkWritten(endpoint, delimiter: delimiter)
        }
        if case .family(let number) = ExtendedPassiveArgument(line, command.argument) {
            precondition(0...99_999 ~= number, "a family of more than five digits")
        }
    }

    static func checkReply(_ line: RawSpan, _ replies: inout ReplyReader) {
        guard let whole = ReplyLine(line) else { preconditionFailure("a complete line was not decided") }
        for length in 0..<min(line.byteCount, 64) {
            let now = ReplyLine(line.extracting(0..<length))
            precondition(now == nil || now == whole, "more bytes changed what a reply line is")
        }
        let openCode = replies.openCode
        switch replies.read(whole) {
        case .preliminary(let code), .final(let code):
            precondition(openCode == nil || openCode == code, "a reply was closed by another code")
            precondition(replies.openCode == nil, "a reply is over and still open")
        case .middle: break
        }
        if let match = try? PassiveReply.parse(line) {
            checkRange(match.range, in: line)
            precondition(
                (try? PortArgument.parse(line, match.range)) == match.endpoint, "the range is not the endpoint")
            checkWritten(match.endpoint, delimiter: 0x7C)
        }
        if let match = try? ExtendedPassiveReply.parse(line) {
            checkRange(match.range, in: line)
            precondition(match.port != 0 && !match.range.isEmpty, "a port without digits")
        }
    }

    /// What is written is read back the same.
    static func checkWritten(_ endpoint: HostPort, delimiter: UInt8) {
        precondition(endpoint.port != 0, "a parser gave port 0")
        var buffer = [UInt8](repeating: 0, count: EndpointText.maximumExtendedPortLength)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        let length = EndpointText.write(port: endpoint, into: &bytes, at: 0)
        precondition((try? PortArgument.parse(bytes.bytes, 0..<length)) == endpoint, "PORT was written wrong")
        let extendedLength = EndpointText.write(extendedPort: endpoint, delimiter: delimiter, into: &bytes, at: 0)
        guard case .ipv4(endpoint, _)? = try? ExtendedPortArgument.parse(bytes.bytes, 0..<extendedLength) else {
            preconditionFailure("EPRT was written wrong")
        }
    }

    /// Records are followed alike, in one piece or in two.
    static func checkRecords(of stream: RawSpan) {
        guard stream.byteCount > 0 else { return }
        var whole = TLSRecords()
        let progress = whole.follow(stream, from: 0)
        if case .plaintext(let offset) = progress {
            precondition(offset >= 5 && offset < stream.byteCount, "plain text where no record can have ended")
        }
        let cut = Int(byte(stream, stream.byteCount - 1)) % stream.byteCount
        var split = TLSRecords()
        var pieces = split.follow(stream.extracting(0..<cut), from: 0)
        if pieces == .inside { pieces = split.follow(stream, from: cut) }
        precondition(pieces == progress, "a split changed where the records end")
    }

    static func checkRange(_ range: Range<Int>, in line: RawSpan) {
        precondition(range.lowerBound >= 0 && range.upperBound <= line.byteCount, "a range outside of the line")
    }

    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
