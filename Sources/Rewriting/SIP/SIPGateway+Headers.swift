import SIPCodec
import WireFormats

/// What a message says of addresses in its header section: those of the inside become public on the way out, and the public
/// ones become inside ones on the way in, each the exact inverse of the other (RFC 3261 sections 12.2 and 16.11). Call-ID,
/// credentials and all that is not named here stay as they are.
extension SIPGateway {
    /// What an address in a message is about.
    private enum Mention {
        /// Its sender himself: where he can be reached. Another port of his, as a phone has that sends from one and listens
        /// on another, gets a binding, too.
        case own(SIPBinding.Place)
        /// A party, by whatever name it goes.
        case identity
        /// Where to go, as somebody has told before.
        case copy(SIPBinding.Place)

        var place: SIPBinding.Place {
            @_noLocks get {
                switch self {
                case .own(let place), .copy(let place): place
                case .identity: .identity
                }
            }
        }
    }

    @_noLocks
    mutating func translateHeaders(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) {
        named = nil
        if message.startLine.method != nil, let host = NumericHost(bytes, uri: message.startLine.uri) {
            translate(bytes, host, .copy(.contact), context)
        }
        var isFirst = true
        for index in 0..<rows.count {
            let row = rows[index]
            switch row.name {
            case .via:
                translateVia(bytes, row.value, isFirst: isFirst, context)
                isFirst = false
            case .contact: translateAddresses(bytes, row.value, .own(.contact), context)
            case .from, .to: translateAddress(bytes, row.value, .identity, context)
            case .referTo, .referredBy, .pAssertedIdentity, .pPreferredIdentity:
                translateAddresses(bytes, row.value, .identity, context)
            case .recordRoute, .path: translateAddresses(bytes, row.value, .own(.route), context)
            case .route, .serviceRoute: translateAddresses(bytes, row.value, .copy(.route), context)
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
            guard let via = ViaValue(bytes, value) else { continue }
            if isName(bytes, via.transport, of: context.transport), case .ipv4(let address) = via.sentBy.kind,
                let endpoint = translate(via.sentBy, address, context), let place = via.maddr?.value,
                address == IPv4Address(bytes, text: place)
            {
                splices.replace(place, by: endpoint.address)
            }
            // What the next hop has noted is where the inside end's packets seem to come from (RFC 3581).
            if isFirst, context.side == .outside { restoreSource(bytes, via, context) }
            isFirst = false
        }
    }

    @_noLocks
    private mutating func translate(_ sentBy: SIPHost, _ address: IPv4Address, _ context: Context) -> Endpoint? {
        let endpoint = Endpoint(address, sentBy.port ?? 5060)
        let range = sentBy.range.lowerBound..<sentBy.portRange.upperBound
        return translate(endpoint, range, isPortless: sentBy.port == nil, .own(.via), context)
    }

    @_noLocks
    private mutating func restoreSource(_ bytes: RawSpan, _ via: ViaValue, _ context: Context) {
        if let place = via.received?.value, let address = IPv4Address(bytes, text: place),
            address == context.translated.address
        {
            splices.replace(place, by: context.inside.address)
        }
        if let place = via.rport?.value, let port = SDPPort(bytes, place), port.number == context.translated.port {
            splices.replace(place, by: context.inside.port)
        }
    }

    @_noLocks
    private mutating func translateAddresses(
        _ bytes: RawSpan, _ row: Range<Int>, _ mention: Mention, _ context: Context
    ) {
        var values = ValueList(row)
        while let value = values.next(in: bytes) {
            translateAddress(bytes, value, mention, context)
        }
    }

    @_noLocks
    private mutating func translateAddress(
        _ bytes: RawSpan, _ value: Range<Int>, _ mention: Mention, _ context: Context
    ) {
        guard let host = NumericHost(bytes, nameAddress: value) else { return }
        translate(bytes, host, mention, context)
    }

    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, _ host: NumericHost, _ mention: Mention, _ context: Context
    ) {
        guard isReached(bytes, host.parameters, by: context.transport) else { return }
        let endpoint = Endpoint(host.address, host.port ?? 5060)
        _ = translate(endpoint, host.range, isPortless: host.port == nil, mention, context)
    }

    /// A binding stands for an endpoint of one transport only. A URI that names none in its parameters means the one that
    /// it came by.
    @_noLocks
    func isReached(_ bytes: RawSpan, _ parameters: Range<Int>, by transport: SIPTransport) -> Bool {
        guard !parameters.isEmpty, let name = Parameters.value(of: .transport, in: bytes, parameters) else {
            return true
        }
        return isName(bytes, name, of: transport)
    }

    @_noLocks
    private func isName(_ bytes: RawSpan, _ name: Range<Int>, of transport: SIPTransport) -> Bool {
        guard name.count == 3 else { return false }
        var letters: UInt32 = 0
        for offset in name { letters = letters << 8 | UInt32(bytes.octet(at: offset) | 0x20) }
        switch transport {
        case .udp: return letters == 0x75_6470
        case .tcp: return letters == 0x74_6370
        }
    }

    /// Translates an endpoint that stands in `range`, maybe without its port; what it became, or nil if it stays.
    @_noLocks
    private mutating func translate(
        _ endpoint: Endpoint, _ range: Range<Int>, isPortless: Bool, _ mention: Mention, _ context: Context
    ) -> Endpoint? {
        guard context.side == .inside else { return restore(endpoint, range, mention.place, context) }
        guard let slot = binding(of: endpoint, mention, context) else { return nil }
        switch mention {
        case .own(.contact):
            named = slot
            bindings.note(slot, .contact, endpoint, isPortless: isPortless)
        case .own, .identity: bindings.note(slot, mention.place, endpoint, isPortless: isPortless)
        case .copy: break
        }
        let translated = bindings[slot].translated
        splices.replace(range, by: translated)
        return translated
    }

    /// Puts what the inside end has named back into the place of its public endpoint. Only bindings of this worker are: to
    /// it the inside end's messages come, where they are made public again. A TCP connection has one of its own, which
    /// stands for all that its end has named. What has turned back comes from a public endpoint, which is the sender's.
    @_noLocks
    private mutating func restore(
        _ endpoint: Endpoint, _ range: Range<Int>, _ place: SIPBinding.Place, _ context: Context
    ) -> Endpoint? {
        guard endpoint != context.source else { return nil }
        var slot = bindings.find(translated: endpoint)
        if case .tcp = context.transport { slot = endpoint == context.translated ? context.binding : nil }
        guard let slot else { return nil }
        let binding = bindings[slot]
        let named = binding.named[place.index]
        if binding.portless & place.bit != 0, named.port == 5060 {
            splices.replace(range, by: named.address)
        } else {
            splices.replace(range, by: named)
        }
        return named
    }

    /// The binding of an endpoint that an inside end names. What it says of other hosts opens nothing, unless it registers
    /// them.
    @_noLocks
    private mutating func binding(of endpoint: Endpoint, _ mention: Mention, _ context: Context) -> Int? {
        if endpoint == context.inside { return context.binding }
        let isOwn = endpoint.address == context.inside.address
        if case .tcp = context.transport {
            if isOwn { return context.binding }
        } else if let slot = bindings.find(endpoint) {
            return slot
        }
        guard isOwn || endpoint.address.isPrivate else { return nil }
        if !isOwn, !context.isRegistration {
            count(.sipHostsElsewhere)
            return nil
        }
        // No message has to name many.
        guard case .own = mention, case .udp = context.transport, endpoint.port >= 1024, media.requestCount < 16 else {
            return nil
        }
        return open(endpoint)
    }
}
