import WireFormats

/// How conversations begin: by a SYN from inside to a service, or from outside to where an inside end can be reached.
extension Gateway {
    /// A packet of no conversation: a SYN opens one; anything else from inside belongs to one that the gateway has
    /// forgotten, and its sender should know at once.
    @_noLocks
    mutating func receiveFirst(_ segment: TCPPacket, from side: Side) {
        guard side == .inside else { return accept(segment) }
        if segment.flags.has(.syn), !segment.flags.has(.ack) {
            let service = services[Int(segment.destination.port)]
            if case .sip = service, !sip.hasRoom { return count(.dropTableFull) }
            guard let slot = free.take() else { return count(.dropTableFull) }
            guard
                let translated = surroundings.data.takePort(
                    for: segment.source.address, to: segment.destination, conversation: slot)
            else {
                free.give(slot)
                return count(.dropPortsExhausted)
            }
            var conversation = Conversation(service)
            conversation.inside = segment.source
            conversation.outside = segment.destination
            conversation.translated = translated
            begin(slot, conversation, segment)
        } else if !segment.flags.has(.rst) {
            count(.answerUnknown)
            answerUnknown(segment, toward: .inside)
        } else {
            count(.dropUnknown)
        }
    }

    /// A packet of no conversation from outside: a SYN to where an inside end has said that it can be reached opens one
    /// with that end, whoever sends it, as a datagram would come through (RFC 4787 REQ-8).
    @_noLocks
    private mutating func accept(_ segment: TCPPacket) {
        guard segment.flags.has(.syn), !segment.flags.has(.ack),
            let inside = sip.contact(at: segment.destination)?.endpoint,
            index.find(inside, segment.source) == nil
        else { return count(.dropUnknown) }
        guard sip.hasRoom, accepted.count < accepted.capacity, let slot = free.take() else {
            return count(.dropTableFull)
        }
        _ = accepted.insert(segment.destination, segment.source, slot: slot)
        sip.ask(.accept, inside: inside, translated: segment.destination, outside: segment.source)
        var conversation = Conversation(.sip, openedFrom: .outside)
        conversation.inside = inside
        conversation.outside = segment.source
        conversation.translated = segment.destination
        begin(slot, conversation, segment)
    }

    @_noLocks
    private mutating func begin(_ slot: Int, _ conversation: Conversation, _ segment: TCPPacket) {
        _ = index.insert(conversation.inside, conversation.outside, slot: slot)
        conversations.beginChange(of: slot)
        conversations[slot] = conversation
        open(slot, segment)
        outboxIsFor(slot)
        schedule(slot)
        conversations.endChange(of: slot)
    }

    /// Begins a conversation in a slot whose endpoints are known, anew if the slot had one that has ended.
    @_noLocks
    private mutating func open(_ slot: Int, _ segment: TCPPacket) {
        guard openSession(slot) else { return count(.dropTableFull) }
        conversations[slot].phase = .opening
        conversations[slot].number = numbers.next()
        conversations[slot].opened = surroundings.now
        conversations[slot].heard = [2 of UInt64](repeating: surroundings.now)
        conversations[slot].dataSeen = 0
        conversations[slot].keptAlive = 0
        conversations[slot].connection.release(&pool)
        conversations[slot].connection = EditedConnection(conversations[slot].service)
        conversations[slot].connection.open(by: conversations[slot].opener, segment)
        count(.conversationsOpened)
        count(.acceptOpening)
        pass(segment, toward: conversations[slot].opener.other, slot: slot)
    }

    /// Begins its session anew; false when there is no room for one, or its inside end cannot be reached any more.
    @_noLocks
    private mutating func openSession(_ slot: Int) -> Bool {
        guard case .sip = conversations[slot].service else {
            conversations[slot].session = FTPSession(clientSide: .inside)
            return true
        }
        conversations[slot].sip.close(&sip)
        let binding = sip.open(
            connection: conversations[slot].inside, translated: conversations[slot].translated,
            to: conversations[slot].outside, from: conversations[slot].opener, now: surroundings.now)
        guard let binding else { return false }
        conversations[slot].sip = SIPSession(binding: binding)
        let translated = conversations[slot].translated
        if conversations[slot].opener == .inside {
            sip.ask(.listen, for: translated.port)
        } else {
            guard let contact = sip.contact(at: translated), contact.endpoint == conversations[slot].inside
            else { return false }
            sip.name(connection: binding, like: contact.binding)
        }
        return true
    }

    /// SYN: of this conversation, or of a new one between the same ends after this one has ended. In the middle of an
    /// open one it is answered with what is expected (RFC 5961 section 4).
    @_noLocks
    mutating func receiveSyn(_ segment: TCPPacket, from side: Side, slot: Int) {
        let phase = conversations[slot].phase
        let opener = conversations[slot].opener
        let next = conversations[slot].connection.streams[Int(opener.rawValue)].next
        if side == opener, !segment.flags.has(.ack) {
            switch phase {
            case .opening where segment.sequence.advanced(by: 1) == next:
                count(.acceptOpening)
                conversations[slot].heard[Int(side.rawValue)] = surroundings.now
                pass(segment, toward: side.other, slot: slot)
            case .opening, .closed, .reset, .free: open(slot, segment)
            case .open:
                count(.dropSequence)
                conversations[slot].connection.restate(to: side, &outbox)
            }
        } else if side == opener.other, segment.flags.has(.ack), phase == .opening || phase == .open {
            count(.acceptOpening)
            conversations[slot].heard[Int(side.rawValue)] = surroundings.now
            if phase == .opening, segment.acknowledgement == next {
                conversations[slot].connection.answer(by: side, segment, &pool)
                conversations[slot].phase = .open
            }
            pass(segment, toward: opener, slot: slot)
        } else {
            count(.dropSequence)
        }
    }
}
