import SIPCodec
import WireFormats

/// SIP over TCP: `Gateway` edits the stream, and each message in it is translated as one of UDP would be. What an inside
/// end names of its own, the port that it sends from or one that it listens on, becomes the public endpoint of its
/// connection, by which its server reaches it (RFC 5626, RFC 5923). Whoever opens a connection to that endpoint meanwhile
/// is led to where the inside end has said that it can be reached; such a connection has a binding of its own.
extension SIPGateway {
    /// Whether a connection more can have a binding.
    var hasRoom: Bool { @_noLocks get { bindings.count < bindings.capacity } }

    /// Gives a connection that a side has opened a binding; nil when there is no slot.
    @_noLocks
    mutating func open(
        connection inside: Endpoint, translated: Endpoint, to peer: Endpoint, from opener: Side, now: UInt64
    ) -> Int? {
        let slot = bindings.open(connection: inside, translated: translated, to: peer, from: opener, now: now)
        if slot != nil { count(.bindingsOpened) }
        return slot
    }

    /// Where the inside end can be reached that a public endpoint stands for, as it has said over TCP or UDP, and the slot of
    /// that binding; nil while no registration or call needs it.
    @_noLocks
    func contact(at translated: Endpoint) -> (endpoint: Endpoint, binding: Int)? {
        guard let slot = bindings.find(translatedContact: translated), bindings[slot].users > 0 else { return nil }
        return (bindings[slot].named[SIPBinding.Place.contact.index], slot)
    }

    /// The inside end of a connection that comes from outside goes by the names that it has given on its own.
    @_noLocks
    mutating func name(connection slot: Int, like other: Int) { bindings.name(slot, like: other) }

    /// Has TCP to a public port brought to the workers, or no longer.
    @_noLocks
    mutating func ask(_ kind: SIPRequest.Kind, for port: UInt16) {
        var request = SIPRequest(kind)
        request.port = port
        media.ask(request)
    }

    /// Has a connection from outside brought to the workers, or no longer.
    @_noLocks
    mutating func ask(_ kind: SIPRequest.Kind, inside: Endpoint, translated: Endpoint, outside: Endpoint) {
        var request = SIPRequest(kind)
        request.leg.transport = .tcp
        request.leg.inside = inside
        request.leg.translated = translated
        request.leg.outside = outside
        request.leg.latched = outside
        media.ask(request)
    }

    /// A connection has ended, and with it all registrations that lead to it. Calls go on, and so do registrations of
    /// contacts for UDP.
    @_noLocks
    mutating func close(connection slot: Int) {
        endRegistrations(ofConnection: slot)
        bindings.didClose(slot)
        schedule(binding: slot)
    }

    /// Whether a registration or a call needs a connection.
    @_noLocks
    func isNeeded(connection slot: Int) -> Bool { bindings[slot].users > 0 }

    /// Translates a message that came from a side; see `splices` for what is to be changed.
    @_noLocks
    mutating func translate(
        _ bytes: RawSpan, _ message: SIPMessage, from side: Side, connection slot: Int, now: UInt64
    ) -> Translation {
        self.now = now
        return translate(bytes, message, Context(from: side, slot: slot, bindings[slot]))
    }

    /// Forgets the binding of a connection that has ended once no call needs it, and nothing is registered by it. False when
    /// it lives on.
    @_noLocks
    mutating func forget(connection slot: Int) -> Bool {
        guard bindings[slot].isClosed, bindings[slot].users == 0, bindings[slot].registrations == 0 else {
            return false
        }
        count(.bindingsEnded)
        wheel.clear(slot)
        bindings.end(slot)
        return true
    }
}
