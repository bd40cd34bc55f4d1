import SIPCodec
import WireFormats

/// SIP over TCP, for connections that inside ends open: `Gateway` edits the stream, and each message in it is
/// translated as one of UDP would be. What an inside end names of its own, the port that it sends from or one that it
/// listens on, becomes the public endpoint of its connection, by which its server reaches it (RFC 5626, RFC 5923).
extension SIPGateway {
    /// Whether a connection more can have a binding.
    var hasRoom: Bool { @_noLocks get { bindings.count < bindings.capacity } }

    /// Gives a connection a binding; nil when there is no slot.
    @_noLocks
    mutating func open(connection inside: Endpoint, translated: Endpoint, to peer: Endpoint, now: UInt64) -> Int? {
        let slot = bindings.open(connection: inside, translated: translated, to: peer, now: now)
        if slot != nil { count(.bindingsOpened) }
        return slot
    }

    /// A connection has ended, and with it all registrations that lead to it. Calls go on.
    @_noLocks
    mutating func close(connection slot: Int) {
        endRegistrations(of: slot, until: .max)
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

    /// Forgets the binding of a connection that has ended once no call needs it. False when it lives on.
    @_noLocks
    mutating func forget(connection slot: Int) -> Bool {
        guard bindings[slot].isClosed, bindings[slot].users == 0 else { return false }
        count(.bindingsEnded)
        wheel.clear(slot)
        bindings.end(slot)
        return true
    }
}
