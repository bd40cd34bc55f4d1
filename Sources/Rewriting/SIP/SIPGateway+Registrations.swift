import SIPCodec
import WireFormats

/// Registrations, and how long bindings last: a phone that has registered is reachable for as long as the registrar says,
/// not for as long as some router on the way remembers a packet.
extension SIPGateway {
    /// A registrar's answer: what it confirms lasts as long as it says there (RFC 3261 section 10.2.4); what it does not
    /// name has ended.
    @_noLocks
    mutating func followRegistration(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) {
        guard case .response(let code) = message.startLine, code >= 200, code < 300, context.side == .outside else {
            return
        }
        guard let party = NameAddress(bytes, message.to) else { return }
        let key = hash.of(bytes, party.uri)
        var common: UInt32 = 0
        if let value = rows.first(.expires) { common = DeltaSeconds.parse(bytes, value) ?? 0 }
        var (confirmed, seconds): (Int?, UInt32) = (nil, 0)
        for index in 0..<rows.count where rows[index].name == .contact {
            var values = ValueList(rows[index].value)
            while let value = values.next(in: bytes) {
                guard let contact = NameAddress(bytes, value),
                    let slot = binding(ofContact: contact.uri, bytes, context)
                else {
                    continue
                }
                let own = expires(bytes, contact) ?? common
                if own > seconds { (confirmed, seconds) = (slot, own) }
            }
        }
        if let confirmed {
            register(bytes, party.uri, key, binding: confirmed, seconds: seconds, context)
        } else if let slot = registrations.find(key, of: bindings[context.binding]) {
            end(registration: slot)
        }
    }

    @_noLocks
    private func binding(ofContact range: Range<Int>, _ bytes: RawSpan, _ context: Context) -> Int? {
        guard let uri = SIPURI(bytes, range), let host = uri.host, isReached(bytes, uri, by: context.transport),
            case .ipv4(let address) = host.kind, let port = host.port
        else { return nil }
        let endpoint = Endpoint(address, port)
        if case .tcp = context.transport { return endpoint == context.translated ? context.binding : nil }
        return bindings.find(translated: endpoint)
    }

    @_noLocks
    private func expires(_ bytes: RawSpan, _ contact: NameAddress) -> UInt32? {
        var parameters = Parameters(contact.parameters)
        while let parameter = parameters.next(in: bytes) {
            if parameter.name == .expires, let value = parameter.value { return DeltaSeconds.parse(bytes, value) }
        }
        return nil
    }

    @_noLocks
    private mutating func register(
        _ bytes: RawSpan, _ uri: Range<Int>, _ key: UInt64, binding slot: Int, seconds: UInt32, _ context: Context
    ) {
        let end = now &+ UInt64(seconds) &* 1_000_000_000
        if let known = registrations.find(key, of: bindings[slot]) {
            registrations.refresh(known, at: context.source, until: end)
        } else {
            var registration = SIPRegistration()
            // Without the scheme.
            let name = SIPURI(bytes, uri)?.userInfo?.lowerBound ?? uri.lowerBound
            for (place, offset) in zip(0..<64, name..<uri.upperBound) {
                registration.addressOfRecord[place] = bytes.octet(at: offset)
            }
            registration.key = key
            registration.transport = context.transport
            registration.inside = bindings[slot].inside
            registration.translated = bindings[slot].translated
            registration.registrar = context.source
            registration.expires = end
            guard registrations.add(registration, to: slot, &bindings) else { return count(.registrationsFull) }
            count(.registrationsOpened)
        }
        schedule(binding: slot)
    }

    @_noLocks
    mutating func end(registration slot: Int) {
        count(.registrationsEnded)
        registrations.end(slot, &bindings)
    }

    // MARK: Time

    /// Sets the next deadline of a binding, unless an earlier one is set: one that comes too early costs a look.
    @_noLocks
    mutating func schedule(binding slot: Int) {
        let binding = bindings[slot]
        var deadline = binding.sent &+ settings.binding
        if case .tcp = binding.transport {
            guard !forget(connection: slot), let first = registrations.first(of: binding) else { return }
            deadline = registrations[first].expires
        } else if let first = registrations.first(of: binding) {
            deadline = min(registrations[first].expires, max(binding.sent, binding.keptAlive) &+ settings.keepalive)
        } else if binding.users > 0 {
            deadline = max(deadline, now &+ settings.binding)
        }
        if let set = wheel.deadline(of: slot), set <= deadline { return }
        wheel.set(slot, deadline: deadline)
    }

    /// Does what is due on a binding.
    @_noLocks
    mutating func expire(binding slot: Int) {
        while let first = registrations.first(of: bindings[slot]), now >= registrations[first].expires {
            end(registration: first)
        }
        let binding = bindings[slot]
        if case .tcp = binding.transport { return schedule(binding: slot) }
        if let first = registrations.first(of: binding) {
            if now >= max(binding.sent, binding.keptAlive) &+ settings.keepalive {
                keepAlive(slot, at: registrations[first].registrar)
            }
        } else if binding.users == 0, now >= binding.sent &+ settings.binding {
            count(.bindingsEnded)
            var request = SIPRequest(.unbind)
            request.port = binding.translated.port
            media.ask(request)
            return bindings.end(slot)
        }
        schedule(binding: slot)
    }

    /// Nothing is due before this time, unless a datagram arrives.
    public var nextDue: UInt64 { @_noLocks get { wheel.next } }

    /// Does what is due on one binding or call. False when nothing (more) is due.
    @_noLocks
    public mutating func expire(now: UInt64) -> Bool {
        self.now = now
        guard let entry = wheel.expired(now: now) else { return false }
        if entry < bindings.capacity { expire(binding: entry) } else { expire(call: entry &- bindings.capacity) }
        return true
    }

    /// The caller has looked at the flows of a leg: when the newest packet passed.
    @_noLocks
    public mutating func legObserved(_ slot: Int, number: UInt32, lastSeen: UInt64) {
        media.observed(slot, number: number, lastSeen: lastSeen)
    }
}
