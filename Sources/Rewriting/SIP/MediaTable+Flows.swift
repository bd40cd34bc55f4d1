import WireFormats

/// The flows between the ends of media: which there are, and until when.
extension MediaTable {
    /// Opens the flows between the two ends of a media as they are now, with the clock rate of the RTP payload type that was
    /// agreed on; those of TCP are opened when somebody connects. False when there is no room for all of them.
    @_noLocks
    mutating func connect(_ slot: Int, clockRate: UInt32, in lists: inout CallMediaLists, now: UInt64) -> Bool {
        let inside = media[slot].ends[0]
        let outside = media[slot].ends[1]
        guard media[slot].stream != 0, inside.isThere, outside.isThere else { return true }
        guard case .udp = inside.transport, case .udp = outside.transport else { return true }
        let stream = Int(media[slot].stream) &- 1
        let hasControl = inside.hasControl(with: outside)
        var leg = MediaLeg()
        leg.call = media[slot].call
        leg.line = media[slot].mediaLine
        leg.seen = now
        leg.clockRate = clockRate
        leg.latching = outside.latching
        leg.outside = outside.media
        var isComplete = open(leg, of: stream, &lists)
        if hasControl {
            leg.isControl = true
            leg.outside = outside.control
            isComplete = open(leg, of: stream, &lists) && isComplete
        }
        leg.latching = IPv4Address(0)
        for index in 0..<outside.candidateCount {
            let candidate = outside.candidates[index]
            guard hasControl || !candidate.isControl else { continue }
            leg.isControl = candidate.isControl
            leg.outside = candidate.endpoint
            isComplete = open(leg, of: stream, &lists) && isComplete
        }
        return isComplete
    }

    /// Opens the flows of a leg to an outside end unless they are open; those that were to be closed stay.
    @_noLocks
    mutating func open(_ wanted: MediaLeg, of owner: Int, _ lists: inout CallMediaLists) -> Bool {
        var entry = streams[owner].legs
        while entry != 0 {
            let leg = Int(entry) &- 1
            if legs[leg].outside == wanted.outside, legs[leg].isControl == wanted.isControl {
                if legs[leg].closes != 0 { setCloses(leg, 0) }
                if wanted.latching.value != 0 { setLatching(leg, to: wanted.latching) }
                return true
            }
            entry = legs[leg].next
        }
        guard lists.legCount < CallMediaLists.legMax, let place = freeLegs.take() else { return false }
        let stream = streams[owner]
        var leg = wanted
        leg.number = numbers.next()
        leg.inside = leg.isControl ? stream.control : stream.media
        leg.translated = leg.isControl ? stream.translatedControl : stream.translated
        leg.latched = leg.outside
        if leg.isControl { leg.clockRate = 0 }
        leg.next = stream.legs
        legs.store(leg, at: place)
        streams[owner].legs = UInt32(truncatingIfNeeded: place &+ 1)
        lists.legCount &+= 1
        ask(.open, place)
        if leg.latching.value != 0 { askForStrays(at: leg.translated) }
        return true
    }

    /// Sees to it that flows which no media want any more are closed at a time: until then both sides may still send to the
    /// old ends (RFC 3264 section 8.3.1).
    @_noLocks
    mutating func close(unwanted lists: CallMediaLists, at time: UInt64) {
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                if isWanted(leg, of: entry, in: lists) {
                    if legs[leg].closes != 0 { setCloses(leg, 0) }
                } else if legs[leg].closes == 0 || time < legs[leg].closes {
                    setCloses(leg, time)
                }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
    }

    /// Whether media have a leg of a stream, which is given by its slot plus one.
    @_noLocks
    private func isWanted(_ leg: Int, of stream: UInt32, in lists: CallMediaLists) -> Bool {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].stream == stream, media[slot].forgotten == 0, isWanted(leg, by: slot) { return true }
            entry = media[slot].next
        }
        return false
    }

    @_noLocks
    private func isWanted(_ leg: Int, by slot: Int) -> Bool {
        let isControl = legs[leg].isControl
        let outside = media[slot].ends[1]
        if case .tcp = legs[leg].transport {
            return outside.has(legs[leg].outside.address, isControl: isControl)
        }
        guard outside.isThere, !isControl || media[slot].ends[0].hasControl(with: outside) else { return false }
        if legs[leg].outside == (isControl ? outside.control : outside.media) { return true }
        for index in 0..<outside.candidateCount
        where outside.candidates[index].isControl == isControl
            && outside.candidates[index].endpoint == legs[leg].outside
        {
            return true
        }
        return false
    }

    @_noLocks
    mutating func setCloses(_ leg: Int, _ time: UInt64) {
        legs.beginChange(of: leg)
        legs[leg].closes = time
        legs.endChange(of: leg)
    }

    /// The worker has looked at the flows of a leg: when a packet last passed.
    @_noLocks
    mutating func observed(_ leg: Int, number: UInt32, lastSeen: UInt64) {
        guard legs[leg].number == number, lastSeen > legs[leg].seen else { return }
        legs.beginChange(of: leg)
        legs[leg].seen = lastSeen
        legs.endChange(of: leg)
    }

    /// When a packet of any media of a call was last seen, whether it has flows, and whether all of them may be silent.
    @_noLocks
    func liveliness(of lists: CallMediaLists) -> (seen: UInt64, hasFlows: Bool, isHeld: Bool) {
        var result: (seen: UInt64, hasFlows: Bool, isHeld: Bool) = (0, false, true)
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                result.seen = max(result.seen, legs[leg].seen)
                if legs[leg].closes == 0 { result.hasFlows = true }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
        entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].stream != 0, media[slot].isToBeHeard { result.isHeld = false }
            entry = media[slot].next
        }
        return result
    }
}
