import SIPCodec
import TextFormats

/// Why something was changed is told by where it stands: the packet path keeps no reasons.
extension Reason {
    /// Why a range of a SIP message is changed.
    init(sip message: [UInt8], _ range: Range<Int>) {
        let line = Reason.field(around: range.lowerBound, message)
        let head = Reason.head(of: message)
        if range.lowerBound >= head.upperBound {
            self = Reason.inBody(ChangedLine.text(message[line]).lowercased())
            return
        }
        guard line.lowerBound > head.lowerBound else {
            self = .requestURI
            return
        }
        switch Reason.name(of: line, message) {
        case .via:
            let before = ChangedLine.text(message[line.lowerBound..<range.lowerBound]).lowercased()
            self = before.hasSuffix("received=") || before.hasSuffix("rport=") ? .source : .via
        case .contact: self = .contact
        case .route, .recordRoute, .path, .serviceRoute: self = .route
        case .from, .to, .referTo, .referredBy, .pAssertedIdentity, .pPreferredIdentity: self = .identity
        case .contentLength: self = .contentLength
        default: self = .other
        }
    }

    /// Why a line of a body is changed.
    private static func inBody(_ line: String) -> Reason {
        if line.hasPrefix("m=") { return .mediaPort }
        if line.hasPrefix("c=") { return .mediaAddress }
        if line.hasPrefix("o=") { return .origin }
        if line.hasPrefix("a=rtcp:") { return .control }
        if line.hasPrefix("a=candidate:") { return .candidate }
        if line.hasPrefix("a=path:") { return .mediaPath }
        if line.hasPrefix("a=") { return .ice }
        return line.hasPrefix("content-length") ? .partLength : .other
    }

    /// From the start line to the empty line behind the header section.
    static func head(of message: [UInt8]) -> Range<Int> {
        let start = message.firstIndex { $0 != ASCII.carriageReturn && $0 != ASCII.lineFeed } ?? message.count
        var position = start
        while let end = message[position...].firstIndex(of: ASCII.lineFeed) {
            if !message[position..<end].contains(where: { $0 != ASCII.carriageReturn }) { return start..<position }
            position = end + 1
        }
        return start..<message.count
    }

    /// The line of a place, with those before that it continues (RFC 3261 section 7.3.1).
    private static func field(around place: Int, _ message: [UInt8]) -> Range<Int> {
        var start = message[..<place].lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
        while start > 0, start < message.count, message[start] == ASCII.space || message[start] == ASCII.tab {
            start = message[..<(start - 1)].lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
        }
        return start..<(message[place...].firstIndex(of: ASCII.lineFeed) ?? message.count)
    }

    /// The name of the header field that stands in a line.
    static func name(of line: Range<Int>, _ message: [UInt8]) -> HeaderName {
        guard let colon = message[line].firstIndex(of: ASCII.colon) else { return .other }
        let end = message[line.lowerBound..<colon].lastIndex { !$0.isSpace }.map { $0 + 1 } ?? line.lowerBound
        // Unsafe in name only: octets are read as octets.
        return unsafe HeaderName(message.span.bytes, line.lowerBound..<end)
    }

    /// Why a line of FTP is changed.
    init(ftp line: [UInt8], replacement: [UInt8]) {
        let (before, after) = (ChangedLine.text(line).prefix(3), ChangedLine.text(replacement))
        if replacement.isEmpty {
            self = .remainder
        } else if after == "NOOP" {
            self = .refusal
        } else if before == after.prefix(3), before == "227" || before == "229" {
            self = .passive
        } else if after.first?.isNumber == true {
            self = .refusalReply
        } else {
            self = .announcement
        }
    }
}
