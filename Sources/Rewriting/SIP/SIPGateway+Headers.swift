import SIPCodec
import WireFormats

/// What a message says of addresses in its header section: those of the inside become public on the way out, and the public
/// ones become inside ones on the way in, each the exact inverse of the other (RFC 3261 sections 12.2 and 16.11). Call-ID,
/// credentials and all that is not named here stay as they are.
extension SIPGateway {
    @_noLocks
    mutating func translateHeaders(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) {
        if case .request(_, let uri) = message.startLine { translate(bytes, uri: uri, .contact, context) }
        var isFirst = true
        for index in 0..<rows.count {
            let row = rows[index]
            switch row.name {
            case .via:
                translateVia(bytes, row.value, isFirst: isFirst, context)
                isFirst = false
            case .contact: translateAddresses(bytes, row.value, .contact, context)
            case .from, .to, .referTo, .referredBy, .pAssertedIdentity, .pPreferredIdentity:
                translateAddresses(bytes, row.value, .identity, context)
            case .route, .recordRoute, .path, .serviceRoute: translateAddresses(bytes, row.value, .route, context)
            default: break
            }
        }
    }

    /// Where a request came from, and where its responses go.
    @_noLocks
    private mutating func translateVia(
        _ bytes: RawSpan, _ row: Range<Int>, isFirst: Bool, _ context: Context
    ) {
        var values = ValueList(row)
        var isFirst = isFirst
        while let value = values.next(in: bytes) {
            defer { isFirst = false }
            guard let via = ViaValue(bytes, value), let endpoint = translate(bytes, via.sentBy, .via, context) else {
                continue
            }
            if let place = via.maddr, let address = IPv4Address(bytes, text: place) {
                let from = context.side == .inside ? context.inside : context.translated
                if address == from.address { splices.replace(place, by: endpoint.address) }
            }
            // What the next hop has noted is where the inside end's packets seem to come from (RFC 3581).
            guard isFirst, context.side == .outside else { continue }
            if let place = via.received, let address = IPv4Address(bytes, text: place),
                address == context.translated.address
            {
                splices.replace(place, by: context.inside.address)
            }
            if let place = via.rport?.value, let port = SDPPort(bytes, place), port.number == context.translated.port {
                splices.replace(place, by: context.inside.port)
            }
        }
    }

    @_noLocks
    private mutating func translateAddresses(
        _ bytes: RawSpan, _ row: Range<Int>, _ place: SIPBinding.Place, _ context: Context
    ) {
        var values = ValueList(row)
        while let value = values.next(in: bytes) {
            guard let address = NameAddress(bytes, value) else { continue }
            translate(bytes, uri: address.uri, place, context)
        }
    }

    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, uri range: Range<Int>, _ place: SIPBinding.Place, _ context: Context
    ) {
        guard let uri = SIPURI(bytes, range), let host = uri.host, case .sip = uri.scheme else { return }
        guard isReached(bytes, uri, by: context.transport) else { return }
        _ = translate(bytes, host, place, context)
    }

    /// A binding stands for an endpoint of one transport only. A URI that names none means the one that it came by.
    @_noLocks
    func isReached(_ bytes: RawSpan, _ uri: SIPURI, by transport: SIPTransport) -> Bool {
        var parameters = Parameters(uri.parameters)
        while let parameter = parameters.next(in: bytes) {
            guard parameter.name == .transport, let value = parameter.value else { continue }
            guard value.count == 3 else { return false }
            var letters: UInt32 = 0
            for offset in value { letters = letters << 8 | UInt32(bytes.octet(at: offset) | 0x20) }
            switch transport {
            case .udp: return letters == 0x75_6470
            case .tcp: return letters == 0x74_6370
            }
        }
        return true
    }

    /// Translates a host and its port; what they became, or nil if they stay.
    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, _ host: SIPHost, _ place: SIPBinding.Place, _ context: Context
    ) -> Endpoint? {
        guard case .ipv4(let address) = host.kind else { return nil }
        let range = host.range.lowerBound..<host.portRange.upperBound
        guard context.side == .inside else {
            guard let port = host.port, let (inside, portless) = inside(of: Endpoint(address, port), place, context)
            else { return nil }
            if portless & place.bit != 0, inside.port == 5060 {
                splices.replace(range, by: inside.address)
            } else {
                splices.replace(range, by: inside)
            }
            return inside
        }
        let endpoint = Endpoint(address, host.port ?? 5060)
        guard let slot = binding(of: endpoint, context) else { return nil }
        bindings.note(slot, place, endpoint, isPortless: host.port == nil)
        splices.replace(range, by: bindings[slot].translated)
        return bindings[slot].translated
    }

    /// What the inside knows a public endpoint as in a place, and in which places without its port; nil where it
    /// stands for nothing. A TCP connection has one of its own, which stands for all that its end has named.
    @_noLocks
    private func inside(
        of endpoint: Endpoint, _ place: SIPBinding.Place, _ context: Context
    ) -> (endpoint: Endpoint, portless: UInt8)? {
        if case .tcp = context.transport {
            guard endpoint == context.translated else { return nil }
            let binding = bindings[context.binding]
            return (binding.named[place.index], binding.portless)
        }
        guard let entry = published.entry(of: endpoint), !entry.isMedia else { return nil }
        return (entry.inside, entry.portless)
    }

    /// The binding of an endpoint that an inside end names. Where it names another port of its own, as a phone does
    /// that sends from one port and listens on another, that gets one, too, or over TCP means the connection; what it
    /// says of other hosts opens nothing.
    @_noLocks
    private mutating func binding(of endpoint: Endpoint, _ context: Context) -> Int? {
        if endpoint == context.inside { return context.binding }
        if case .tcp = context.transport {
            if endpoint.address == context.inside.address { return context.binding }
        } else if let slot = bindings.find(endpoint) {
            return slot
        }
        guard endpoint.address == context.inside.address, endpoint.port >= 1024 else {
            if endpoint.address.isPrivate { count(.sipHostsElsewhere) }
            return nil
        }
        return open(endpoint)
    }
}
