import WireFormats

/// Media that come from elsewhere than the outside has announced (RFC 7362).
extension SIPGateway {
    /// The host that the media of an outside end may come from beside the announced one; 0 where they must come from the
    /// announced endpoint: so if the end has candidates, since ICE finds the way then.
    @_noLocks
    func latching(_ end: MediaEnd, hasCandidates: Bool, _ context: Context) -> IPv4Address {
        guard end.isThere, !hasCandidates else { return IPv4Address(0) }
        switch settings.latching {
        case .off: return IPv4Address(0)
        case .auto:
            let isPublic = !end.media.address.isPrivate && !context.source.address.isPrivate
            return isPublic ? IPv4Address(0) : context.source.address
        case .always: return context.source.address
        }
    }

    /// The slot of the leg that may be latched on to where a datagram comes from, which has come to a public endpoint of
    /// media from outside; nil if there is none.
    @_noLocks
    public func latchable(_ frame: RawSpan, _ datagram: UDPPacket) -> Int? {
        guard datagram.isIntact(frame), !datagram.payload.isEmpty else { return nil }
        // Version 2 (RFC 3550 sections 5.1 and 6.4.1).
        let isRTP = frame.octet(at: datagram.payload.lowerBound) >> 6 == 2
        return media.latchable(datagram.destination, to: datagram.source, isRTP: isRTP)
    }

    /// A leg, by its slot.
    @_noLocks
    public func leg(_ slot: Int) -> MediaLeg { media.leg(slot) }

    /// Latches a leg on to a source; its flows lead there from now on.
    @_noLocks
    public mutating func latch(_ slot: Int, to source: Endpoint) {
        count(.mediaLatched)
        media.latch(slot, to: source)
    }

    /// The caller has seen that media come from where they are expected.
    @_noLocks
    public mutating func legHeard(_ slot: Int, number: UInt32) { media.heard(slot, number: number) }
}
