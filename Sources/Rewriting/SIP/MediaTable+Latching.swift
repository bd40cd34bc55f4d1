import WireFormats

/// Latching (RFC 7362), for a far end behind a NAT of its own, whose media come from elsewhere than it announces.
///
/// Once for each offer and answer, a leg may be latched on to another source: any port of the host that is announced, or of
/// the one that the description came from. From then on its flows lead there, both ways. Invariant: what comes to a public
/// port without a flow is brought to the worker exactly while a leg of that port, on any of the public addresses, may be
/// latched.
extension MediaTable {
    /// Lets a leg be latched on to ports of this host and of its outside end's; 0: of neither.
    @_noLocks
    mutating func setLatching(_ leg: Int, to host: IPv4Address) {
        guard legs[leg].latching != host else { return }
        legs.beginChange(of: leg)
        legs[leg].latching = host
        legs.endChange(of: leg)
        askForStrays(at: legs[leg].translated)
    }

    /// Asks for what comes to a public endpoint without a flow, or for that no longer.
    @_noLocks
    mutating func askForStrays(at translated: Endpoint) {
        var request = SIPRequest(isAwaited(translated.port) ? .expect : .ignore)
        request.port = translated.port
        ask(request)
    }

    @_noLocks
    private func isAwaited(_ port: UInt16) -> Bool {
        for address in 0..<ports.addressCount where isAwaited(at: ports.endpoint(address, port)) { return true }
        return false
    }

    @_noLocks
    private func isAwaited(at translated: Endpoint) -> Bool {
        guard case .data(let stream)? = ports.owner(of: translated) else { return false }
        var entry = streams[stream].legs
        while entry != 0 {
            let leg = legs[Int(entry) &- 1]
            if leg.translated == translated, leg.latching.value != 0 { return true }
            entry = leg.next
        }
        return false
    }

    /// A leg, by its slot.
    @_noLocks
    func leg(_ slot: Int) -> MediaLeg { legs[slot] }

    /// The leg of a public endpoint that may be latched on to a source: of several, one to whose announced host it belongs.
    /// What is not RTP (or RTCP) does not begin where that is announced.
    @_noLocks
    func latchable(_ translated: Endpoint, to source: Endpoint, isRTP: Bool) -> Int? {
        guard case .data(let stream)? = ports.owner(of: translated) else { return nil }
        guard isRTP || streams[stream].control.port == 0 else { return nil }
        var found: Int?
        var entry = streams[stream].legs
        while entry != 0 {
            let slot = Int(entry) &- 1
            let leg = legs[slot]
            entry = leg.next
            guard leg.translated == translated, leg.latching.value != 0, leg.closes == 0 else { continue }
            if leg.outside.address == source.address { return slot }
            if leg.latching == source.address { found = slot }
        }
        return found
    }

    /// Latches a leg on to a source, and to no other one until the next offer and answer.
    @_noLocks
    mutating func latch(_ leg: Int, to source: Endpoint) {
        legs.beginChange(of: leg)
        legs[leg].latched = source
        legs.endChange(of: leg)
        setLatching(leg, to: IPv4Address(0))
    }

    /// Media have come from where they are expected: nothing is to be latched.
    @_noLocks
    mutating func heard(_ leg: Int, number: UInt32) {
        if legs[leg].number == number { setLatching(leg, to: IPv4Address(0)) }
    }
}
