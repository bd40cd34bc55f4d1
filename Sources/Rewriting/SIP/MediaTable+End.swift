/// The end of media, and of what belongs to them.
extension MediaTable {
    /// Ends media of a call, those of one dialog or (nil) all, and closes their flows at once. Ports that nobody needs any
    /// more are free at `frees`.
    @_noLocks
    mutating func end(_ lists: inout CallMediaLists, tag: UInt64?, now: UInt64, frees: UInt64) {
        remove(from: &lists, frees: frees) { tag == nil || $0.tag == tag }
        close(unwanted: lists, at: now)
        _ = closeDue(&lists, now: now)
    }

    /// Removes such media of a call as are to be.
    @_noLocks
    mutating func remove(
        from lists: inout CallMediaLists, frees: UInt64, _ isRemoved: (CallMedia) -> Bool
    ) {
        var (previous, entry): (Int?, UInt32) = (nil, lists.media)
        while entry != 0 {
            let slot = Int(entry) &- 1
            entry = media[slot].next
            guard isRemoved(media[slot]) else {
                previous = slot
                continue
            }
            release(stream: media[slot].stream, frees: frees)
            release(stream: media[slot].offeredStream, frees: frees)
            if let previous { media[previous].next = entry } else { lists.media = entry }
            lists.mediaCount &-= 1
            media[slot] = CallMedia()
            freeMedia.give(slot)
        }
    }

    /// Ends all of a call at once.
    @_noLocks
    mutating func end(_ lists: inout CallMediaLists, now: UInt64) {
        var entry = lists.streams
        while entry != 0 {
            streams[Int(entry) &- 1].frees = now
            entry = streams[Int(entry) &- 1].next
        }
        end(&lists, tag: nil, now: now, frees: now)
    }

    /// Asks for a look at all flows of a call that stay.
    @_noLocks
    mutating func observe(_ lists: CallMediaLists) {
        var entry = lists.streams
        while entry != 0 {
            let stream = Int(entry) &- 1
            var mark = streams[stream].legs
            while mark != 0 {
                let leg = Int(mark) &- 1
                if legs[leg].closes == 0 { ask(.observe, leg) }
                mark = legs[leg].next
            }
            entry = streams[stream].next
        }
    }

    /// Closes the flows of a call whose time is over, and frees such ports. When the next one's is, or the greatest number.
    @_noLocks
    mutating func closeDue(_ lists: inout CallMediaLists, now: UInt64) -> UInt64 {
        remove(from: &lists, frees: now) { $0.forgotten != 0 && $0.forgotten <= now }
        var next = UInt64.max
        var (previous, entry): (Int?, UInt32) = (nil, lists.streams)
        while entry != 0 {
            let slot = Int(entry) &- 1
            entry = streams[slot].next
            next = min(next, closeDue(legsOf: slot, &lists, now))
            if streams[slot].users == 0, streams[slot].legs == 0, streams[slot].frees <= now {
                end(stream: slot, behind: previous, in: &lists)
            } else {
                if streams[slot].users == 0, streams[slot].frees > now { next = min(next, streams[slot].frees) }
                previous = slot
            }
        }
        return next
    }

    @_noLocks
    private mutating func closeDue(legsOf stream: Int, _ lists: inout CallMediaLists, _ now: UInt64) -> UInt64 {
        var next = UInt64.max
        var (previous, mark): (Int?, UInt32) = (nil, streams[stream].legs)
        while mark != 0 {
            let leg = Int(mark) &- 1
            let closes = legs[leg].closes
            mark = legs[leg].next
            guard closes != 0, closes <= now else {
                if closes != 0 { next = min(next, closes) }
                previous = leg
                continue
            }
            ask(.close, leg)
            let ended = legs[leg]
            if let previous {
                legs.beginChange(of: previous)
                legs[previous].next = mark
                legs.endChange(of: previous)
            } else {
                streams[stream].legs = mark
            }
            lists.legCount &-= 1
            legs.store(MediaLeg(), at: leg)
            freeLegs.give(leg)
            if ended.latching.value != 0 { askForStrays(at: ended.translated) }
        }
        return next
    }
}
