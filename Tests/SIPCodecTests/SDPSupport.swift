// What the tests of session descriptions and multipart bodies share: what a reader found, written out, so that values and
// ranges are compared with what a person reads in the same text.

import SIPCodec
import TestSupport
import WireFormats

/// A session description of these lines, with CR LF behind each.
func sdp(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() }

/// The items of a session description.
func items(_ description: String) -> [String] { items(bytes(description)) }

/// The items of the session description in `range` of `text`, which is all of it when nil.
func items(_ text: [UInt8], _ range: Range<Int>? = nil) -> [String] {
    lines(text, range ?? 0..<text.count).map { item(text, $0) }
}

/// The lines of the session description in `range` of `text`.
func lines(_ text: [UInt8], _ range: Range<Int>) -> [SDPLine] {
    var reader = SDPReader(range)
    var lines: [SDPLine] = []
    while let line = reader.next(in: text.span.bytes) { lines.append(line) }
    return lines
}

/// What a line says, or its kind and a question mark when it cannot be read.
func item(_ bytes: [UInt8], _ line: SDPLine) -> String {
    let span = bytes.span.bytes
    let said: String?
    switch line.kind {
    case .origin: said = SDPOrigin(span, line.value).map { written(bytes, $0.address) }
    case .connection:
        said = SDPConnection(span, line.value).map {
            written(bytes, $0.address) + ($0.suffix.isEmpty ? "" : " suffix " + text(bytes, $0.suffix))
        }
    case .media: said = SDPMedia(span, line.value).map { written(bytes, $0) }
    case .rtcp:
        said = SDPControlPort(span, line.value).map {
            written(bytes, $0.port) + ($0.address.map { " " + written(bytes, $0) } ?? "")
        }
    case .candidate: said = SDPCandidate(span, line.value).map { written(bytes, $0) }
    case .rtpmap: said = SDPRTPMap(span, line.value).map { "\($0.payloadType) \($0.clockRate)" }
    case .setup: said = SDPSetup(span, line.value).map { "\($0)" }
    case .path: said = hops(bytes, line.value)
    default: said = text(bytes, line.value)
    }
    guard let said else { return "\(line.kind)?" }
    return said.isEmpty ? "\(line.kind)" : "\(line.kind) \(said)"
}

/// "ipv4 10.0.0.1": the text is that of the range.
func written(_ bytes: [UInt8], _ address: SDPAddress) -> String {
    let text = text(bytes, address.range)
    switch address.kind {
    case .ipv4(let value): return value.description == text ? "ipv4 \(text)" : "\(value) is not \(text)"
    case .ipv6: return "ipv6 \(text)"
    case .name: return "name \(text)"
    }
}

/// The digits of a port.
func written(_ bytes: [UInt8], _ port: SDPPort) -> String {
    let text = text(bytes, port.range)
    return Int(text) == Int(port.number) ? text : "\(port.number) is not \(text)"
}

private func written(_ bytes: [UInt8], _ media: SDPMedia) -> String {
    let count = media.portCount == 1 ? "" : "/\(media.portCount)"
    return "\(text(bytes, media.type)) \(written(bytes, media.port))\(count) \(media.transport)"
        + " \(text(bytes, media.transportText))"
}

private func written(_ bytes: [UInt8], _ candidate: SDPCandidate) -> String {
    let related = [
        candidate.relatedAddress.map { " raddr " + written(bytes, $0) },
        candidate.relatedPort.map { " rport " + written(bytes, $0) },
    ]
    return "\(text(bytes, candidate.foundation)) \(candidate.component) \(candidate.transport) \(candidate.priority)"
        + " \(written(bytes, candidate.address)) \(written(bytes, candidate.port)) \(candidate.origin)"
        + related.compactMap { $0 }.joined()
}

/// The hosts and ports of an MSRP path.
private func hops(_ bytes: [UInt8], _ value: Range<Int>) -> String {
    var path = SDPPath(value)
    var hops: [String] = []
    while let hop = path.next(in: bytes.span.bytes) {
        let host = text(bytes, hop.range)
        switch hop.kind {
        case .ipv4(let value): hops.append(value.description == host ? "ipv4 \(host)" : "\(value) is not \(host)")
        case .ipv6: hops.append("ipv6 \(host)")
        case .name: hops.append("name \(host)")
        }
        hops[hops.count - 1] += text(bytes, hop.portRange) + (hop.port.map { " = \($0)" } ?? "")
    }
    return hops.joined(separator: ", ")
}
