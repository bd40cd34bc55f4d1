import SIPCodec
import TextFormats
import WireFormats

/// What an outside end would have written, had this gateway been on the way of what it answers to.
extension SIPGateway {
    /// The public endpoint of an inside one; nil if it has none.
    func translated(of inside: Endpoint) -> Endpoint? { bindings.find(inside).map { bindings[$0].translated } }

    /// A message from outside with public endpoints in place of inside ones, wherever the gateway would have made them
    /// public in what the sender knows them from. Bodies say of the outside alone.
    func published(_ message: [UInt8]) -> [UInt8] {
        let head = Reason.head(of: message)
        var published = Array(message[..<head.lowerBound])
        var start = head.lowerBound
        var isNamed = true
        while start < head.upperBound {
            let end = message[start..<head.upperBound].firstIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? head.upperBound
            let isContinued = message[start] == ASCII.space || message[start] == ASCII.tab
            if start > head.lowerBound, !isContinued { isNamed = mayName(message, start..<end) }
            published += isNamed ? publishedLine(message[start..<end]) : Array(message[start..<end])
            start = end
        }
        return published + message[head.upperBound...]
    }

    /// Whether a header field is one in which addresses are translated.
    private func mayName(_ message: [UInt8], _ line: Range<Int>) -> Bool {
        switch Reason.name(of: line, message) {
        case .via, .contact, .from, .to, .referTo, .referredBy, .pAssertedIdentity, .pPreferredIdentity, .recordRoute,
            .path, .route, .serviceRoute:
            true
        default: false
        }
    }

    private func publishedLine(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var published: [UInt8] = []
        var rest = line
        while let first = rest.first {
            let text = rest.prefix { $0.isDigit || $0 == ASCII.dot }
            guard !text.isEmpty else {
                published.append(first)
                rest.removeFirst()
                continue
            }
            rest.removeFirst(text.count)
            let port = rest.first == ASCII.colon ? rest.dropFirst().prefix { $0.isDigit } : []
            let words = String(decoding: text, as: UTF8.self)
            let number = port.isEmpty ? 5060 : UInt16(String(decoding: port, as: UTF8.self))
            guard let address = IPv4Address(words), let number, let known = translated(of: Endpoint(address, number))
            else {
                published += text
                continue
            }
            // A next hop notes the address alone (RFC 3261 section 18.2.1).
            let isReceived = ChangedLine.text(published).lowercased().hasSuffix("received=")
            published += Array((isReceived ? "\(known.address)" : "\(known)").utf8)
            rest.removeFirst(port.isEmpty ? 0 : port.count + 1)
        }
        return published
    }
}
