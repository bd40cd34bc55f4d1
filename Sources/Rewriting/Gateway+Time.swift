import WireFormats

/// What time does to conversations: repetitions and keep-alives, and their end, by whatever cause.
extension Gateway {
    /// Nothing is due before this time, unless a packet arrives.
    public var nextDue: UInt64 { @_noLocks get { wheel.next } }

    /// Does what is due on one conversation or data connection. False when nothing (more) is due.
    @_noLocks
    public mutating func expire(now: UInt64) -> Bool {
        surroundings.now = now
        guard let entry = wheel.expired(now: now) else { return false }
        if entry >= conversations.count {
            surroundings.data.observe(entry &- conversations.count)
        } else {
            conversations.beginChange(of: entry)
            expire(entry)
            conversations.endChange(of: entry)
        }
        return true
    }

    /// The times that hold for a conversation.
    @_noLocks
    private func times(of slot: Int) -> ConnectionTimes {
        if case .sip = conversations[slot].service { return sip.settings.connection }
        return surroundings.settings.connection
    }

    @_noLocks
    private mutating func expire(_ slot: Int) {
        let now = surroundings.now
        let times = times(of: slot)
        switch conversations[slot].phase {
        case .free: return
        case .opening, .closed, .reset:
            if now >= conversations[slot].lastHeard &+ times.transitory { return end(slot) }
        case .open:
            // A side whose host is gone falls silent, though it is sent keep-alives.
            let silent = min(conversations[slot].heard[0], conversations[slot].heard[1])
            if conversations[slot].sip.isNeeded(sip) { conversations[slot].dataSeen = now }
            if now >= max(silent, conversations[slot].dataSeen) &+ times.idle {
                count(.conversationsTimedOut)
                return end(slot)
            }
            if !conversations[slot].connection.repeatDue(now: now, &outbox, surroundings.counters) {
                count(.ownResets)
                conversations[slot].connection.reset(&outbox)
                finish(slot, .reset)
            } else if now >= conversations[slot].quietSince &+ times.keepalive {
                count(.keepalives)
                conversations[slot].keptAlive = now
                conversations[slot].connection.keepAlive(&outbox)
            }
        }
        outboxIsFor(slot)
        schedule(slot)
    }

    /// Sets the next deadline of a conversation. A deadline that comes too early costs a look; one is never moved back
    /// for every packet.
    @_noLocks
    mutating func schedule(_ slot: Int) {
        let times = times(of: slot)
        var deadline: UInt64
        if conversations[slot].phase == .open {
            let silent = min(conversations[slot].heard[0], conversations[slot].heard[1])
            deadline = max(silent, conversations[slot].dataSeen) &+ times.idle
            deadline = min(deadline, conversations[slot].quietSince &+ times.keepalive)
            let repetition = conversations[slot].connection.nextRepetition(now: surroundings.now)
            if repetition != 0 { deadline = min(deadline, repetition) }
        } else {
            deadline = conversations[slot].lastHeard &+ times.transitory
        }
        wheel.set(slot, atLatest: deadline)
        scheduleData()
    }

    // MARK: The end

    /// The conversation is over, but remembered for what is still under way; what it announced is not needed any more.
    @_noLocks
    mutating func finish(_ slot: Int, _ phase: Conversation.Phase) {
        conversations[slot].phase = phase
        conversations[slot].session.close(&surroundings)
        conversations[slot].sip.close(&sip)
        if phase == .reset { conversations[slot].connection.release(&pool) }
    }

    /// Frees the slot and everything that the conversation held.
    @_noLocks
    private mutating func end(_ slot: Int) {
        count(.conversationsEnded)
        conversations[slot].session.close(&surroundings)
        conversations[slot].sip.close(&sip)
        conversations[slot].connection.release(&pool)
        forget(conversations[slot].inside, conversations[slot].translated, conversations[slot].outside, slot)
        conversations[slot] = Conversation(.none)
        free.give(slot)
    }

    /// Forgets the ends of the conversation, by which packets come to it.
    @_noLocks
    private mutating func forget(_ inside: Endpoint, _ translated: Endpoint, _ outside: Endpoint, _ slot: Int) {
        index.remove(inside, outside)
        guard conversations[slot].opener == .inside else {
            accepted.remove(translated, outside)
            return sip.ask(.forget, inside: inside, translated: translated, outside: outside)
        }
        surroundings.data.ports.give(translated)
        if case .sip = conversations[slot].service, !hasContact(translated.port) {
            sip.ask(.unlisten, for: translated.port)
        }
    }

    /// Whether a public port is that of an inside end's SIP connection, on any of the addresses.
    @_noLocks
    private func hasContact(_ port: UInt16) -> Bool {
        for address in 0..<surroundings.data.ports.addressCount {
            let owner = surroundings.data.ports.owner(of: surroundings.data.ports.endpoint(address, port))
            if case .conversation(let slot)? = owner, case .sip = conversations[slot].service { return true }
        }
        return false
    }
}
