import WireFormats

/// What session descriptions say: offers, answers, and which dialog is confirmed.
extension MediaTable {
    /// What a session description says of an m= line, as the offer or the answer of an exchange.
    struct Description {
        var call: UInt32
        var tag: UInt64
        var line: Int
        var side: Side
        var exchange: Exchange
        /// Whether it stands in a provisional response.
        var isProvisional: Bool
        var end: MediaEnd
        /// The stream of an inside end; nil for one that is not translated, and for outside ends.
        var stream: Int?
        /// Until when flows and ports stay that a newer description has replaced.
        var closes: UInt64

        @_noLocks
        init(
            call: UInt32, tag: UInt64, line: Int, side: Side, exchange: Exchange, isProvisional: Bool, end: MediaEnd,
            stream: Int?, closes: UInt64
        ) {
            self.call = call
            self.tag = tag
            self.line = line
            self.side = side
            self.exchange = exchange
            self.isProvisional = isProvisional
            self.end = end
            self.stream = stream
            self.closes = closes
        }

        /// The stream's slot plus one, or 0.
        var mark: UInt32 { @_noLocks get { stream.map { UInt32(truncatingIfNeeded: $0 &+ 1) } ?? 0 } }
        var own: Int { @_noLocks get { Int(side.rawValue) } }
        var other: Int { @_noLocks get { Int(side.other.rawValue) } }
    }

    /// Notes an offer, which changes nothing until it is answered. False when there is no room.
    @_noLocks
    mutating func offer(_ description: Description, in lists: inout CallMediaLists, isConfirmed: Bool) -> Bool {
        // No other dialog answers the first offer any more.
        if isConfirmed, description.tag != 0 {
            remove(from: &lists, frees: description.closes) { $0.tag == 0 }
        }
        guard let slot = find(description.tag, description.line, in: lists) ?? add(description, to: &lists) else {
            return false
        }
        let exchange = description.exchange
        // Once more. But only what is not provisional must be an offer: it may say other than a 1xx before it.
        guard exchange.isNewer(than: media[slot].over[exchange.kind]) else { return true }
        if description.isProvisional, media[slot].pending[description.own] == exchange { return true }
        media[slot].pending[description.own] = description.exchange
        media[slot].offered[description.own] = description.end
        if description.side == .inside {
            retain(stream: description.mark)
            release(stream: media[slot].offeredStream, frees: description.closes)
            media[slot].offeredStream = description.mark
        }
        return true
    }

    /// Carries out an answer: both ends are what it and the offer say, and the flows follow. An answer to what was not
    /// offered, or to what a newer exchange has replaced, changes nothing. False when there is no room for all flows.
    @_noLocks
    mutating func answer(_ description: Description, in lists: inout CallMediaLists, now: UInt64) -> Bool {
        var found = find(description.tag, description.line, in: lists)
        if found == nil, let template = find(0, description.line, in: lists) {
            found = copy(template, for: description, in: &lists)
            if found == nil { return false }
        }
        guard let slot = found else { return true }
        let exchange = description.exchange
        let isFirst = media[slot].pending[description.other] == exchange
        // A 2xx may say other than a provisional response before it, but not the other way round.
        if description.isProvisional, media[slot].forgotten != 0 || media[slot].isConfirmed && !isFirst { return true }
        guard isFirst || media[slot].answered == exchange else { return true }
        media[slot].answered = exchange
        media[slot].over[exchange.kind] = exchange
        set(slot, description.side, description.end, stream: description.mark, description.closes)
        if isFirst {
            media[slot].pending[description.other] = Exchange()
            let offered = media[slot].offeredStream
            set(
                slot, description.side.other, media[slot].offered[description.other], stream: offered,
                description.closes)
            if description.side == .outside {
                media[slot].offeredStream = 0
                release(stream: offered, frees: description.closes)
            }
        }
        let isComplete = connect(slot, clockRate: media[slot].ends[description.own].clockRate, in: &lists, now: now)
        close(unwanted: lists, at: description.closes)
        return isComplete
    }

    /// What a side has from now on; `mark` matters for the inside.
    @_noLocks
    private mutating func set(_ slot: Int, _ side: Side, _ end: MediaEnd, stream mark: UInt32, _ frees: UInt64) {
        let own = Int(side.rawValue)
        media[slot].ends[own] = media[slot].ends[own].followed(by: end)
        guard side == .inside, !end.keepsPrevious else { return }
        retain(stream: mark)
        release(stream: media[slot].stream, frees: frees)
        media[slot].stream = mark
    }

    /// Takes back what was offered in an exchange that has failed.
    @_noLocks
    mutating func withdraw(_ exchange: Exchange, in lists: CallMediaLists, frees: UInt64) {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            for side in 0..<2 where media[slot].pending[side] == exchange {
                media[slot].pending[side] = Exchange()
                media[slot].over[exchange.kind] = exchange
                guard side == 0 else { continue }
                release(stream: media[slot].offeredStream, frees: frees)
                media[slot].offeredStream = 0
            }
            entry = media[slot].next
        }
    }

    /// A dialog is confirmed: those that are not end, unless they are confirmed later.
    @_noLocks
    mutating func confirm(_ tag: UInt64, in lists: CallMediaLists, closes: UInt64) {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].tag == tag { media[slot].isConfirmed = true }
            if media[slot].isConfirmed {
                media[slot].forgotten = 0
            } else if media[slot].forgotten == 0 {
                media[slot].forgotten = closes
            }
            entry = media[slot].next
        }
        close(unwanted: lists, at: closes)
    }

    @_noLocks
    private func find(_ tag: UInt64, _ line: Int, in lists: CallMediaLists) -> Int? {
        var entry = lists.media
        while entry != 0 {
            let slot = Int(entry) &- 1
            if media[slot].tag == tag, Int(media[slot].line) == line { return slot }
            entry = media[slot].next
        }
        return nil
    }

    @_noLocks
    private mutating func add(_ description: Description, to lists: inout CallMediaLists) -> Int? {
        guard lists.mediaCount < CallMediaLists.mediaMax, let slot = freeMedia.take() else { return nil }
        var item = CallMedia()
        item.call = description.call
        item.tag = description.tag
        item.line = UInt8(truncatingIfNeeded: description.line)
        item.next = lists.media
        media[slot] = item
        lists.media = UInt32(truncatingIfNeeded: slot &+ 1)
        lists.mediaCount &+= 1
        return slot
    }

    /// The media of an offer that no tag was known for, once more for a dialog that answers it: maybe after a provisional
    /// response without any tag, which RFC 2543 allowed.
    @_noLocks
    private mutating func copy(
        _ template: Int, for description: Description, in lists: inout CallMediaLists
    ) -> Int? {
        guard let slot = add(description, to: &lists) else { return nil }
        var item = media[template]
        item.tag = description.tag
        item.next = media[slot].next
        item.isConfirmed = false
        retain(stream: item.stream)
        retain(stream: item.offeredStream)
        media[slot] = item
        return slot
    }
}
