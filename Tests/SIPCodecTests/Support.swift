// What the tests of this directory share: messages with their fields as text.

import SIPCodec
import TestSupport
import Testing

/// A message, and what its ranges hold.
struct Parsed {
    let bytes: [UInt8]
    let message: SIPMessage
    /// The rows, each with its value.
    let rows: [(name: HeaderName, value: Range<Int>)]

    /// Parses a datagram, or what has arrived of a stream.
    init(_ bytes: [UInt8], isStream: Bool = false) throws(MessageDefect) {
        var rows = HeaderRows()
        self.bytes = bytes
        message = try SIPMessage.parse(bytes.span.bytes, isStream: isStream, rows: &rows)
        var copies: [(HeaderName, Range<Int>)] = []
        for index in 0..<rows.count { copies.append((rows[index].name, rows[index].value)) }
        self.rows = copies
    }

    init(_ text: String, isStream: Bool = false) throws(MessageDefect) {
        try self.init(TestSupport.bytes(text), isStream: isStream)
    }

    func text(_ range: Range<Int>) -> String { TestSupport.text(bytes, range) }

    func text(_ range: Range<Int>?) -> String? { range.map { text($0) } }

    /// The values of all rows of a name, not split.
    func rows(_ name: HeaderName) -> [String] { rows.filter { $0.name == name }.map { text($0.value) } }

    /// The values of all rows of a name, split.
    func values(_ name: HeaderName) -> [Range<Int>] {
        var values: [Range<Int>] = []
        for row in rows where row.name == name {
            var list = ValueList(row.value)
            while let value = list.next(in: bytes.span.bytes) { values.append(value) }
        }
        return values
    }

    func via(_ index: Int) -> ViaValue? { ViaValue(bytes.span.bytes, values(.via)[index]) }

    func address(_ range: Range<Int>) -> NameAddress? { NameAddress(bytes.span.bytes, range) }

    func uri(_ range: Range<Int>) -> SIPURI? { SIPURI(bytes.span.bytes, range) }

    /// The Request-URI.
    var requestURI: Range<Int> {
        precondition(message.startLine.method != nil, "a response")
        return message.startLine.uri
    }
}

// The testing macros cannot take a span as an argument; these take its bytes.

func readURI(_ bytes: [UInt8], _ range: Range<Int>) -> SIPURI? { SIPURI(bytes.span.bytes, range) }

func readVia(_ bytes: [UInt8], _ range: Range<Int>) -> ViaValue? { ViaValue(bytes.span.bytes, range) }

func readReplaces(_ bytes: [UInt8], _ range: Range<Int>) -> Replaces? { Replaces(bytes.span.bytes, range) }

/// Why a datagram is no message.
func defect(_ text: String) -> MessageDefect? { defect(bytes(text)) }

func defect(_ bytes: [UInt8], isStream: Bool = false) -> MessageDefect? {
    do throws(MessageDefect) {
        _ = try Parsed(bytes, isStream: isStream)
        return nil
    } catch {
        return error
    }
}

/// An INVITE with these fields instead of, or besides, the usual ones: those named in `replacing` are left out.
func invite(
    _ fields: String = "", replacing: String = "", body: String = "", line: String = "INVITE sip:bob@10.0.0.9 SIP/2.0"
) -> String {
    let usual = [
        "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bK1", "From: <sip:alice@10.0.0.5>;tag=a1", "To: <sip:bob@10.0.0.9>",
        "Call-ID: 1@10.0.0.5", "CSeq: 1 INVITE",
    ]
    let names = replacing.split(separator: " ").map { $0 + ":" }
    let kept = usual.filter { field in !names.contains { field.hasPrefix($0) } }
    return ([line] + kept + fields.split(separator: "\n").map(String.init) + ["", ""]).joined(separator: "\r\n") + body
}
