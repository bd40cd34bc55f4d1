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
        if message.startLine.method != nil,
            let host = NumericHost(bytes, uri: message.startLine.uri, known: context.known)
        {
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
            guard let via = ViaHop(bytes, value, known: context.known) else { continue }
            if let sentBy = via.sentBy, let transport = SIPTransport(bytes, via.transport),
                transport == context.transport,
                let endpoint = translate(sentBy, URITransport(transport), .own(.via), context),
                let place = Parameters.value(of: .maddr, in: bytes, via.parameters),
                sentBy.address == IPv4Address(bytes, text: place)
            {
                splices.replace(place, by: endpoint.address)
            }
            // What the next hop has noted is where the inside end's packets seem to come from (RFC 3581).
            if isFirst, context.side == .outside { restoreSource(bytes, via, context) }
            isFirst = false
        }
    }

    @_noLocks
    private mutating func restoreSource(_ bytes: RawSpan, _ via: ViaHop, _ context: Context) {
        if let place = Parameters.value(of: .received, in: bytes, via.parameters),
            let address = IPv4Address(bytes, text: place),
            address == context.translated.address
        {
            splices.replace(place, by: context.inside.address)
        }
        if let place = Parameters.value(of: .rport, in: bytes, via.parameters), let port = SDPPort(bytes, place),
            port.number == context.translated.port
        {
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
        guard let host = NumericHost(bytes, nameAddress: value, known: context.known) else { return }
        translate(bytes, host, mention, context)
    }

    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, _ host: NumericHost, _ mention: Mention, _ context: Context
    ) {
        guard let transport = URITransport(bytes, host.parameters, by: context.transport) else { return }
        _ = translate(host, transport, mention, context)
    }

    /// Translates an address that stands in a message, maybe without its port; what it became, or nil if it stays.
    @_noLocks
    private mutating func translate(
        _ host: NumericHost, _ transport: URITransport, _ mention: Mention, _ context: Context
    ) -> Endpoint? {
        let (range, isPortless) = (host.range, host.port == nil)
        let endpoint = Endpoint(host.address, host.port ?? 5060)
        guard context.side == .inside else { return restore(endpoint, transport, range, mention.place, context) }
        var slot = context.binding
        if !(endpoint == context.inside && transport.transport == context.transport) {
            guard let other = binding(of: endpoint, transport, mention, context) else { return nil }
            slot = other
        }
        if case .own(.contact) = mention { named = slot }
        switch mention {
        case .copy: break
        // By what names another's connection goes is for its end to say.
        case .own, .identity:
            if slot != context.binding, bindings[slot].isConnection { break }
            bindings.note(slot, mention.place, endpoint, isPortless: isPortless)
        }
        let translated = bindings[slot].translated
        splices.replace(range, by: translated)
        return translated
    }

    /// Puts what the inside end has named back into the place of its public endpoint. Only bindings of this worker are: to
    /// it the inside end's messages come, where they are made public again. A TCP connection has one of its own, which
    /// stands for all that its end has named, and to others for its contact. What has turned back comes from a public
    /// endpoint, which is the sender's.
    @inline(never) @_noLocks
    private mutating func restore(
        _ endpoint: Endpoint, _ transport: URITransport, _ range: Range<Int>, _ place: SIPBinding.Place,
        _ context: Context
    ) -> Endpoint? {
        guard endpoint != context.source else { return nil }
        var known = binding(at: endpoint, transport, context)
        // By what a host of another worker has registered it the inside end is asked for, and it says that to nobody.
        if known == nil, endpoint == context.translated, case .contact = place, case .udp = context.transport,
            case .udp = transport.transport
        {
            known = context.binding
        }
        guard let slot = known else { return nil }
        let binding = bindings[slot]
        var place = place
        if slot != context.binding, binding.isConnection { place = .contact }
        let named = binding.named[place.index]
        // Nothing becomes what would be another public endpoint on its way back.
        if slot != context.binding {
            guard let back = find(named, transport, context), back == slot else { return nil }
        }
        if binding.portless & place.bit != 0, named.port == 5060 {
            splices.replace(range, by: named.address)
        } else {
            splices.replace(range, by: named)
        }
        return named
    }

    /// The binding whose public endpoint stands in a message from outside. Where a URI that came by TCP says
    /// none, UDP is meant if there is no such one of TCP (RFC 3263 section 4.1).
    @_noLocks
    func binding(at translated: Endpoint, _ transport: URITransport, _ context: Context) -> Int? {
        switch transport.transport {
        case .udp: return bindings.find(translated: translated)
        case .tcp:
            if translated == context.translated, case .tcp = context.transport { return context.binding }
            let slot = bindings.find(translatedContact: translated)
            return slot == nil && !transport.isSaid ? bindings.find(translated: translated) : slot
        }
    }

    /// The binding that an endpoint has which an inside end names, likewise.
    @_noLocks
    private func find(_ endpoint: Endpoint, _ transport: URITransport, _ context: Context) -> Int? {
        switch transport.transport {
        case .udp: return bindings.find(endpoint)
        case .tcp:
            if case .tcp = context.transport, endpoint.address == context.inside.address { return context.binding }
            let slot = bindings.find(contact: endpoint)
            return slot == nil && !transport.isSaid ? bindings.find(endpoint) : slot
        }
    }

    /// The binding of an endpoint that an inside end names beside that which it sends from. What it says of other hosts opens
    /// nothing, unless it registers them.
    @inline(never) @_noLocks
    private mutating func binding(
        of endpoint: Endpoint, _ transport: URITransport, _ mention: Mention, _ context: Context
    ) -> Int? {
        if let slot = find(endpoint, transport, context) { return slot }
        let isOwn = endpoint.address == context.inside.address
        guard isOwn || endpoint.address.isPrivate else { return nil }
        if !isOwn, !isRegistration {
            count(.sipHostsElsewhere)
            return nil
        }
        // No message has to name many.
        guard case .own = mention, endpoint.port >= 1024, media.requestCount < 16 else { return nil }
        // Nor has anybody to let strangers connect to others.
        if case .tcp = transport.transport, !acceptsConnections || !isOwn { return nil }
        guard let slot = open(endpoint, over: transport.transport) else { return nil }
        if !isOwn { published.set(bindings[slot].translated, toPhone: endpoint) }
        return slot
    }
}
