import WireFormats

/// Media over TCP (RFC 4145), for which the inside end waits and the outside end connects, from a port that nobody knows
/// before. Each connection is a leg of its own.
///
/// Invariant: TCP to the public ports of a stream is brought to the worker while the stream is there; from the SYN on, for
/// which a leg is opened, XDP carries it.
extension MediaTable {
    /// The most connections to one public port that there are flows for at a time: one, and a few that have ended or are to
    /// take its place.
    static var connectionMax: Int { @_noLocks get { 4 } }

    /// The slot of the call whose media of TCP have a public endpoint; nil if there is none.
    @_noLocks
    func call(at translated: Endpoint) -> Int? {
        guard case .data(let stream)? = ports.owner(of: translated), case .tcp = streams[stream].transport else {
            return nil
        }
        return streams[stream].callSlot
    }

    /// Opens flows for a connection to a public endpoint of a call's media. False if none is awaited from there, or there is
    /// no room for it.
    @_noLocks
    mutating func accept(
        from source: Endpoint, at translated: Endpoint, in lists: inout CallMediaLists, now: UInt64
    ) -> Bool {
        guard case .data(let stream)? = ports.owner(of: translated),
            connectionCount(of: stream, at: translated) < MediaTable.connectionMax
        else { return false }
        let isControl = translated.port % 2 == 1
        var entry = lists.media
        while entry != 0 {
            let item = media[Int(entry) &- 1]
            let outside = item.ends[1]
            entry = item.next
            guard Int(item.stream) &- 1 == stream, item.forgotten == 0, outside.connects,
                outside.has(source.address, isControl: isControl)
            else { continue }
            var leg = MediaLeg()
            leg.call = item.call
            leg.line = item.mediaLine
            leg.transport = .tcp
            leg.isControl = isControl
            leg.outside = source
            leg.seen = now
            return open(leg, of: stream, &lists)
        }
        return false
    }

    @_noLocks
    private func connectionCount(of stream: Int, at translated: Endpoint) -> Int {
        var count = 0
        var entry = streams[stream].legs
        while entry != 0 {
            let leg = legs[Int(entry) &- 1]
            if leg.translated == translated { count &+= 1 }
            entry = leg.next
        }
        return count
    }

    /// A connection has come to its end: its flows close at a time.
    @_noLocks
    mutating func ended(_ leg: Int, number: UInt32, closes: UInt64) {
        if legs[leg].number == number, legs[leg].closes == 0 { setCloses(leg, closes) }
    }
}
