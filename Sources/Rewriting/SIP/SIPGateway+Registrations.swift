import SIPCodec
import WireFormats

/// Registrations, and how long bindings last: a phone that has registered is reachable for as long as the registrar says,
/// not for as long as some router on the way remembers a packet.
extension SIPGateway {
    /// A registrar's answer: what it confirms lasts as long as it says there (RFC 3261 section 10.2.4); what it does not
    /// name has ended.
    @_noLocks
    mutating func followRegistration(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) {
        guard isExpected(bytes, message, context), let party = NameAddress(bytes, message.to) else { return }
        let key = hash.of(bytes, party.uri)
        let common = seconds(bytes, rows.first(.expires)) ?? 3600
        registrations.mark(key, of: bindings[context.binding])
        for index in 0..<rows.count where rows[index].name == .contact {
            var values = ValueList(rows[index].value)
            while let value = values.next(in: bytes) {
                guard let contact = NameAddress(bytes, value),
                    let slot = binding(ofContact: contact.uri, bytes, context)
                else { continue }
                let own = Parameters.value(of: .expires, in: bytes, contact.parameters)
                let seconds = seconds(bytes, own) ?? common
                if seconds > 0 { register(bytes, party.uri, key, contact: slot, seconds: seconds, context) }
            }
        }
        endRegistrations(of: context.binding, until: 0)
        schedule(binding: context.binding)
    }

    /// A notifier's answer: its notifications come for as long as it says there (RFC 6665 section 4.2.1.1), a day at most,
    /// since nothing tells the gateway that they end sooner.
    @_noLocks
    mutating func followSubscription(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) {
        guard isExpected(bytes, message, context), case .udp = context.transport,
            let seconds = seconds(bytes, rows.first(.expires))
        else { return }
        bindings.subscribe(context.binding, until: now &+ UInt64(min(seconds, 86400)) &* 1_000_000_000)
    }

    /// Whether a message is a 2xx from whom the inside end has asked for that, of which a request is noted here.
    @_noLocks
    private mutating func isExpected(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> Bool {
        let code = message.startLine.code
        guard context.side == .outside ? code >= 200 && code < 300 : message.startLine.method != nil else {
            return false
        }
        let other = context.side == .outside ? context.source : context.destination
        let place = UInt64(other.address.value) << 16 | UInt64(other.port)
        let key = hash.of(bytes, message.callID) ^ (place &* 0x9e37_79b9_7f4a_7c15) >> 32
        if context.side == .inside {
            bindings.didAsk(context.binding, key)
            return false
        }
        return isPeer(other, of: context.binding) || bindings[context.binding].hasAsked(key)
    }

    /// How long something lasts; nil where that is not said. What is malformed stands for an hour (RFC 3261 section 10.2).
    @_noLocks
    private func seconds(_ bytes: RawSpan, _ value: Range<Int>?) -> UInt32? {
        guard let value else { return nil }
        return DeltaSeconds.parse(bytes, value) ?? 3600
    }

    @_noLocks
    private func binding(ofContact range: Range<Int>, _ bytes: RawSpan, _ context: Context) -> Int? {
        guard let uri = SIPURI(bytes, range), let host = uri.host,
            let transport = URITransport(bytes, uri.parameters, by: context.transport),
            case .ipv4(let address) = host.kind, let port = host.port
        else { return nil }
        return binding(at: Endpoint(address, port), transport, context)
    }

    @_noLocks
    private mutating func register(
        _ bytes: RawSpan, _ uri: Range<Int>, _ key: UInt64, contact: Int, seconds: UInt32, _ context: Context
    ) {
        let end = now &+ UInt64(seconds) &* 1_000_000_000
        // Another host's that is used already is there because that host has registered it.
        let isOwn = bindings[contact].inside.address == context.inside.address
        if let known = registrations.find(key, contact, of: bindings[context.binding]) {
            let end = max(end, registrations[known].expires)
            return registrations.refresh(known, at: context.source, until: end)
        }
        guard isOwn || bindings[contact].users == 0 else { return }
        var registration = SIPRegistration()
        // Without the scheme.
        let name = SIPURI(bytes, uri)?.userInfo?.lowerBound ?? uri.lowerBound
        for (place, offset) in zip(0..<64, name..<uri.upperBound) {
            registration.addressOfRecord[place] = bytes.octet(at: offset)
        }
        registration.key = key
        registration.transport = context.transport
        registration.contact = UInt32(truncatingIfNeeded: contact)
        registration.inside = bindings[contact].inside
        registration.translated = bindings[contact].translated
        registration.registrar = context.source
        registration.expires = end
        guard registrations.add(registration, to: context.binding, &bindings) else { return count(.registrationsFull) }
        bindings.didKeepAlive(context.binding, now: now)
        count(.registrationsOpened)
    }

    /// Ends what has been registered on a connection and leads to it.
    @_noLocks
    mutating func endRegistrations(ofConnection slot: Int) {
        registrations.mark(leadingTo: slot, of: bindings[slot])
        endRegistrations(of: slot, until: 0)
    }

    /// Ends what a binding has registered until a time or before.
    @_noLocks
    mutating func endRegistrations(of slot: Int, until time: UInt64) {
        while let first = registrations.first(of: bindings[slot]), registrations[first].expires <= time {
            let contact = Int(registrations[first].contact)
            count(.registrationsEnded)
            registrations.end(first, &bindings)
            schedule(binding: contact)
        }
    }

    /// Keeps the ways to its registrars open that a registered phone has not used for a while (RFC 5626 section 4.4.1).
    @_noLocks
    private mutating func keepAlive(_ slot: Int) {
        bindings.didKeepAlive(slot, now: now)
        let binding = bindings[slot]
        let isSilent = now >= binding.sent &+ settings.keepalive
        var entry = binding.registrations
        while entry != 0, outboxCount < outboxCapacity {
            let registrar = registrations[Int(entry) &- 1].registrar
            entry = registrations[Int(entry) &- 1].next
            if isSilent || registrar != binding.peer, !isKeptAlive(registrar) { keepAlive(slot, at: registrar) }
        }
    }

    /// When a registered phone's ways to its registrars need to be kept open next. What it sends elsewhere keeps none.
    @_noLocks
    private func keepAliveDue(_ binding: SIPBinding) -> UInt64 {
        let isPeer = registrations.isOnlyRegistrar(binding.peer, of: binding)
        return (isPeer ? max(binding.sent, binding.keptAlive) : binding.keptAlive) &+ settings.keepalive
    }

    /// Whether a keep-alive to a registrar is in the outbox.
    @_noLocks
    private func isKeptAlive(_ registrar: Endpoint) -> Bool {
        for index in 0..<outboxCount where outgoing(index).destination == registrar { return true }
        return false
    }

    // MARK: Time

    /// Sets the next deadline of a binding, unless an earlier one is set: one that comes too early costs a look.
    @_noLocks
    mutating func schedule(binding slot: Int) {
        let binding = bindings[slot]
        var deadline = max(binding.sent &+ settings.binding, binding.subscribed)
        if binding.isConnection {
            guard !forget(connection: slot), let first = registrations.first(of: binding) else { return }
            deadline = registrations[first].expires
        } else if let first = registrations.first(of: binding) {
            deadline = min(registrations[first].expires, keepAliveDue(binding))
        } else if binding.users > 0 {
            deadline = max(deadline, now &+ settings.binding)
        }
        wheel.set(slot, atLatest: deadline)
    }

    /// Does what is due on a binding.
    @_noLocks
    mutating func expire(binding slot: Int) {
        endRegistrations(of: slot, until: now)
        let binding = bindings[slot]
        if binding.isConnection { return schedule(binding: slot) }
        if binding.registrations != 0 {
            if now >= keepAliveDue(binding) { keepAlive(slot) }
        } else if binding.users == 0, now >= max(binding.sent &+ settings.binding, binding.subscribed) {
            count(.bindingsEnded)
            published.set(binding.translated, to: nil)
            wheel.clear(slot)
            bindings.end(slot)
            guard !bindings.isUsed(binding.translated.port, over: binding.transport) else { return }
            return ask(binding.transport == .udp ? .unbind : .unlisten, for: binding.translated.port)
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
