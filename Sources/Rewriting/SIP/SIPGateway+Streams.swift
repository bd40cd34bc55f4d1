import SIPCodec
import WireFormats

/// Media over TCP (RFC 4145): MSRP (RFC 4975), BFCP, RTP (RFC 4571), and whatever else there is. The outside end connects to
/// a public port of an inside end that waits for it; an inside end that connects itself needs no more than any client.
extension SIPGateway {
    /// Opens flows for a connection that comes to a public endpoint from outside. False if it is not one that media of a
    /// call await from there, or there is no room for it.
    @_noLocks
    public mutating func accept(_ segment: TCPPacket, now: UInt64) -> Bool {
        self.now = now
        guard segment.flags.has(.syn), !segment.flags.has(.ack), let slot = media.call(at: segment.destination) else {
            return false
        }
        calls.slots.beginChange(of: slot)
        let isOpen = media.accept(
            from: segment.source, at: segment.destination, in: &calls.slots[slot].media, now: now)
        calls.slots.endChange(of: slot)
        return isOpen
    }

    /// The caller has seen that a connection of media has ended, by FIN both ways or by RST.
    @_noLocks
    public mutating func legEnded(_ slot: Int, number: UInt32) { media.ended(slot, number: number, closes: now) }

    /// Whether who has made a description opens its connections where it does not say so: if it is an offer (RFC 4145 section
    /// 4; of MSRP, RFC 4975 section 5.4 says the same). What comes from inside must be translated alike when it is repeated
    /// later, and so must not depend on what has come before: an offer that is not in an INVITE or UPDATE is taken for an
    /// answer there, and at worst waits in vain, since it connects itself.
    @_noLocks
    func isOpener(_ message: SIPMessage, _ context: Context, _ part: Part?) -> Bool {
        guard context.side == .inside else { return part?.isOffer ?? false }
        switch message.startLine.method {
        case .invite, .update: return true
        default: return false
        }
    }

    /// Who connects shows nothing of its own but its address; the other end may look whether connections come from there.
    /// The public address, if that has taken the place of one of the inside.
    @_noLocks
    mutating func hide(_ line: Int, _ end: MediaEnd, _ context: Context) -> IPv4Address? {
        guard isInside(end.media.address, context) else { return nil }
        let address = media.ports.address(for: end.media.address)
        if description[line].hasConnection { splices.replace(description[line].connection.range, by: address) }
        return address
    }

    /// Puts another endpoint into the place of that of a media in its URIs of MSRP, in which the other end looks where to
    /// connect to (RFC 4975 section 8).
    @_noLocks
    mutating func translatePath(_ bytes: RawSpan, _ line: Int, _ end: MediaEnd, media target: Endpoint) {
        let particulars = description.particulars(of: line)
        guard !particulars.isAnchored else { return }
        var path = SDPPath(particulars.path)
        while let host = path.next(in: bytes) {
            guard case .ipv4(let address) = host.kind, Endpoint(address, host.port ?? 2855) == end.media else {
                continue
            }
            splices.replace(host.range.lowerBound..<host.portRange.upperBound, by: target)
        }
    }
}
