import SIPCodec
import TextFormats
import WireFormats

/// What an outside end would have written, had this gateway been on the way of what it answers to: public endpoints in
/// place of inside ones, wherever the gateway would have made them public in what the end knows them from.
struct Publication {
    /// What carries the message.
    let transport: SIPTransport
    /// Where the message would have been sent to.
    let destination: Endpoint

    /// The message so. `translated` knows the public endpoints of inside ones. Bodies speak of the outside alone, and stay.
    func publish(_ message: [UInt8], _ translated: (Endpoint) -> Endpoint?) -> [UInt8] {
        let head = Reason.head(of: message)
        let isResponse = message[head].starts(with: Array("SIP/2.0 ".utf8))
        var published = Array(message[..<head.lowerBound])
        var start = head.lowerBound
        var (name, hasVia) = (HeaderName.other, false)
        while start < head.upperBound {
            let end = message[start..<head.upperBound].firstIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? head.upperBound
            let line = message[start..<end]
            let isContinued = message[start] == ASCII.space || message[start] == ASCII.tab
            if !isContinued { name = Reason.name(of: start..<end, message) }
            if start == head.lowerBound || names(name, line) {
                let isTopVia = isResponse && name == .via && !hasVia
                published += publish(line, isTopVia: isTopVia, translated)
                hasVia = hasVia || name == .via
            } else {
                published += line
            }
            start = end
        }
        return published + message[head.upperBound...]
    }

    /// Whether a line is of a header field in which addresses are translated, and of no other transport.
    private func names(_ name: HeaderName, _ line: ArraySlice<UInt8>) -> Bool {
        switch name {
        case .via, .contact, .from, .to, .referTo, .referredBy, .pAssertedIdentity, .pPreferredIdentity, .recordRoute,
            .path, .route, .serviceRoute:
            let text = String(decoding: line, as: UTF8.self).lowercased()
            let isOther = text.contains("transport=") && !text.contains("transport=\(transport)")
            return !isOther
        default: return false
        }
    }

    /// In the topmost Via of a response, the next hop has noted what it saw as the source of the request (RFC 3261 section
    /// 18.2.1, RFC 3581).
    private func publish(
        _ line: ArraySlice<UInt8>, isTopVia: Bool, _ translated: (Endpoint) -> Endpoint?
    ) -> [UInt8] {
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
            let before = ChangedLine.text(published.suffix(9)).lowercased()
            if isTopVia, before.hasSuffix("received=") {
                published += Array("\(destination.address)".utf8)
            } else if isTopVia, before.hasSuffix("rport=") {
                published += Array("\(destination.port)".utf8)
            } else if let (endpoint, length) = Publication.endpoint(text, rest), let known = translated(endpoint) {
                published += Array("\(known)".utf8)
                rest.removeFirst(length)
            } else {
                published += text
            }
        }
        return published
    }

    /// The endpoint of an address and what follows it, and how much of that is its port; without one it is 5060.
    private static func endpoint(_ text: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> (Endpoint, Int)? {
        guard let address = IPv4Address(String(decoding: text, as: UTF8.self)) else { return nil }
        let port = rest.first == ASCII.colon ? rest.dropFirst().prefix { $0.isDigit } : []
        if port.isEmpty { return (Endpoint(address, 5060), 0) }
        guard let number = UInt16(String(decoding: port, as: UTF8.self)) else { return nil }
        return (Endpoint(address, number), port.count + 1)
    }
}

extension SIPGateway {
    /// The public endpoint of an inside one of UDP; nil if it has none.
    func translated(of inside: Endpoint) -> Endpoint? { bindings.find(inside).map { bindings[$0].translated } }
}
