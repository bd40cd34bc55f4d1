import WireFormats

/// ICMP errors about control conversations: they go on as what the other end has sent, and narrow what is sent there.
extension Gateway {
    @_noLocks
    mutating func receiveError(_ frame: RawSpan, from side: Side) -> Verdict {
        guard let error = QuotedError(frame), !error.isDatagram else { return .foreign }
        if side == .outside {
            guard let slot = find(translated: error.source, error.destination) else { return .foreign }
            noteMTU(error, slot, from: side)
            count(.acceptError)
            return .error(
                TranslatedError(
                    error, toward: .inside, source: error.packet.source,
                    destination: conversations[slot].inside.address, quotedSource: conversations[slot].inside,
                    quotedDestination: error.destination,
                    quotedSequence: conversations[slot].connection.streams[0].source(of: error.sequence)))
        }
        guard let slot = index.find(error.destination, error.source) else { return .foreign }
        noteMTU(error, slot, from: side)
        count(.acceptError)
        let translated = conversations[slot].translated
        return .error(
            TranslatedError(
                error, toward: .outside, source: translated.address, destination: error.source.address,
                quotedSource: error.source, quotedDestination: translated,
                quotedSequence: conversations[slot].connection.streams[1].source(of: error.sequence)))
    }

    /// The way toward a side turned out to carry only packets of so many octets.
    @_noLocks
    public mutating func limit(_ slot: Int, packets octets: Int, toward side: Side) {
        conversations.beginChange(of: slot)
        conversations[slot].connection.limit(packets: octets, toward: side)
        conversations.endChange(of: slot)
    }

    /// Only what is in flight can have been too big; who does not see it cannot know its numbers (RFC 5927 section 4).
    @_noLocks
    private mutating func noteMTU(_ error: QuotedError, _ slot: Int, from side: Side) {
        guard let octets = error.nextHopMTU, octets >= 68,
            conversations[slot].connection.streams[Int(side.other.rawValue)].isInFlight(error.sequence)
        else { return }
        limit(slot, packets: octets, toward: side)
    }
}
