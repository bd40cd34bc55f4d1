// Fuzzes SIPCodec. An input is read as a datagram, and as a stream in one piece and in two; every value of a message is
// read as everything that a value can be. What must hold for any bytes is checked with preconditions.

import Fuzzing
import SIPCodec

@main
enum FuzzSIP {
    static func main() {
        fuzz { data, count in
            let bytes = UnsafeRawBufferPointer(start: data, count: count).bytes
            FuzzSIP.checkDatagram(bytes)
            FuzzSIP.checkStream(bytes)
            FuzzSIP.checkValue(bytes, 0..<count)
            return 0
        }
    }

    /// A message is where it says, and its neighbours in memory change nothing.
    static func checkDatagram(_ bytes: RawSpan) {
        var rows = HeaderRows()
        let message = try? SIPMessage.parse(bytes, isStream: false, rows: &rows)
        checkAmongOthers(bytes, message, rows.count)
        guard let message else { return }
        let whole = 0..<bytes.byteCount
        check(message.range, in: whole)
        check(message.trailing, in: whole)
        check(message.body, in: message.range)
        precondition(message.trailing.lowerBound == message.body.upperBound, "bytes between body and rest")
        precondition(message.trailing.upperBound == bytes.byteCount, "bytes behind the rest")
        for range in [message.via, message.from, message.to, message.callID, message.cSeq.methodRange] {
            check(range, in: message.range.lowerBound..<message.body.lowerBound)
            precondition(!range.isEmpty || range != message.callID, "a Call-ID without a byte")
        }
        if let length = message.contentLength { check(length, in: message.range) }
        checkHeaderSection(bytes, message.range.lowerBound..<message.body.lowerBound)
        checkRows(bytes, message, rows)
        checkValue(bytes, message.startLine.uri)
    }

    /// The same message behind and before other bytes is the same.
    static func checkAmongOthers(_ bytes: RawSpan, _ message: SIPMessage?, _ count: Int) {
        let before = 33
        var copy = [UInt8](repeating: 10, count: before)
        for offset in 0..<bytes.byteCount { copy.append(byte(bytes, offset)) }
        copy += [UInt8](repeating: 58, count: 65)
        var rows = HeaderRows()
        let range = before..<before + bytes.byteCount
        let among = try? SIPMessage.parse(copy.span.bytes, range, isStream: false, rows: &rows)
        precondition((message == nil) == (among == nil), "neighbours changed what is a message")
        guard let message, let among else { return }
        precondition(
            among.body == message.body.lowerBound + before..<message.body.upperBound + before && rows.count == count,
            "neighbours changed a message")
    }

    /// It ends with an empty line, and no CR stands alone in it.
    static func checkHeaderSection(_ bytes: RawSpan, _ range: Range<Int>) {
        precondition(byte(bytes, range.upperBound - 1) == 10, "a header section that does not end with a line")
        var lineStart = range.lowerBound
        for offset in range {
            let next = offset + 1
            if byte(bytes, offset) == 13 { precondition(byte(bytes, next) == 10, "a CR alone") }
            guard byte(bytes, offset) == 10 else { continue }
            let isEmpty = offset == lineStart || offset == lineStart + 1 && byte(bytes, lineStart) == 13
            precondition(isEmpty == (next == range.upperBound), "the header section ends at its empty line")
            lineStart = next
        }
    }

    /// Rows stand one behind the other, and their values in them.
    static func checkRows(_ bytes: RawSpan, _ message: SIPMessage, _ rows: borrowing HeaderRows) {
        var end = message.range.lowerBound
        for index in 0..<rows.count {
            let row = rows[index]
            precondition(row.name != .other && row.value.lowerBound >= end, "rows out of order")
            check(row.value, in: message.range.lowerBound..<message.body.lowerBound)
            end = row.value.upperBound
            checkValue(bytes, row.value)
            var values = ValueList(row.value)
            while let value = values.next(in: bytes) {
                check(value, in: row.value)
                precondition(!value.isEmpty, "an empty value of a list")
                checkValue(bytes, value)
            }
        }
    }

    static func checkValue(_ bytes: RawSpan, _ value: Range<Int>) {
        if let address = NameAddress(bytes, value) {
            for range in [address.uri, address.parameters, address.displayName ?? address.uri] {
                check(range, in: value)
            }
            checkURI(bytes, address.uri)
        }
        checkURI(bytes, value)
        if let via = ViaValue(bytes, value) {
            for range in [via.transport, via.parameters] { check(range, in: value) }
            checkHost(bytes, via.sentBy, value)
        }
        if let replaces = Replaces(bytes, value) {
            for range in [replaces.callID, replaces.toTag, replaces.fromTag] { check(range, in: value) }
        }
        var parameters = Parameters(value)
        while let parameter = parameters.next(in: bytes) {
            check(parameter.nameRange, in: value)
            if let range = parameter.value { check(range, in: parameter.nameRange.upperBound..<value.upperBound) }
        }
        _ = Credentials.coverBody(bytes, value)
        _ = DeltaSeconds.parse(bytes, value)
    }

    static func checkURI(_ bytes: RawSpan, _ range: Range<Int>) {
        guard let uri = SIPURI(bytes, range) else { return }
        for part in [uri.parameters, uri.userInfo ?? range, uri.headers ?? range] { check(part, in: range) }
        if let host = uri.host { checkHost(bytes, host, range) }
    }

    /// An address is what is written there.
    static func checkHost(_ bytes: RawSpan, _ host: SIPHost, _ range: Range<Int>) {
        check(host.range, in: range)
        check(host.portRange, in: host.range.upperBound..<range.upperBound)
        precondition(host.port != 0, "port 0")
        guard case .ipv4(let address) = host.kind else { return }
        let written = Array(address.description.utf8)
        precondition(written.count == host.range.count, "an address of another length")
        for (index, digit) in written.enumerated() {
            precondition(byte(bytes, host.range.lowerBound + index) == digit, "an address that is not what is written")
        }
    }

    /// What is framed in one piece is framed the same in two, when what the first told is kept.
    static func checkStream(_ bytes: RawSpan) {
        var rows = HeaderRows()
        var start = 0
        while start < bytes.byteCount {
            var progress = StreamProgress()
            let length: Int
            switch StreamFrame.next(in: bytes, start..<bytes.byteCount, rows: &rows, progress: &progress) {
            case .keepAlive(let count): length = count
            case .message(let message):
                precondition(message.range.lowerBound == start && message.trailing.isEmpty, "a message elsewhere")
                length = message.range.count
                checkPieces(bytes, start, length)
            case .defect(_, let count?): length = count
            case .incomplete, .defect: return
            }
            precondition(length > 0 && length <= bytes.byteCount - start, "a frame outside of the stream")
            start += length
        }
    }

    private static func checkPieces(_ bytes: RawSpan, _ start: Int, _ length: Int) {
        var rows = HeaderRows()
        var progress = StreamProgress()
        let cut = start + Int(byte(bytes, bytes.byteCount - 1)) * length / 256
        if case .incomplete = StreamFrame.next(in: bytes, start..<cut, rows: &rows, progress: &progress) {
        } else {
            preconditionFailure("a part of a message is something else")
        }
        let end = start..<bytes.byteCount
        guard case .message(let message) = StreamFrame.next(in: bytes, end, rows: &rows, progress: &progress),
            message.range == start..<start + length
        else { preconditionFailure("a message in two pieces is something else") }
    }

    static func check(_ range: Range<Int>, in outer: Range<Int>) {
        precondition(range.lowerBound >= outer.lowerBound && range.upperBound <= outer.upperBound, "a range outside")
    }

    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
