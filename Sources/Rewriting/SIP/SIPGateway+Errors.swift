import WireFormats

/// ICMP errors about datagrams of a binding: they reach the end whose datagram it was, in its own terms (RFC 5508 section
/// 4.2).
extension SIPGateway {
    /// What decides whose an error about a datagram is; nil if a frame that arrived on a side is no such error.
    @_noLocks
    public func owner(ofErrorIn frame: borrowing RawSpan, from side: Side) -> Owner? {
        guard let error = QuotedError(frame), error.isDatagram else { return nil }
        return side == .outside ? .port(error.source.port) : .host(error.destination.address)
    }

    /// What becomes of an error that arrived on a side; nil when it is about nothing that is known here. One from outside
    /// has to be about what the inside end has lately sent.
    @_noLocks
    public func translate(errorIn frame: borrowing RawSpan, from side: Side) -> TranslatedError? {
        guard let error = QuotedError(frame), error.isDatagram else { return nil }
        if side == .outside {
            guard let slot = bindings.find(translated: error.source), isPeer(error.destination, of: slot) else {
                return nil
            }
            return TranslatedError(
                error, toward: .inside, source: error.packet.source, destination: bindings[slot].inside.address,
                quotedSource: bindings[slot].inside, quotedDestination: error.destination, quotedSequence: nil)
        }
        guard let slot = bindings.find(error.destination) else { return nil }
        let translated = bindings[slot].translated
        return TranslatedError(
            error, toward: .outside, source: translated.address, destination: error.source.address,
            quotedSource: error.source, quotedDestination: translated, quotedSequence: nil)
    }
}
