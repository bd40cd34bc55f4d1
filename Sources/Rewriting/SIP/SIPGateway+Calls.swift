import SIPCodec
import WireFormats

/// Calls: from INVITE to the response to BYE, whatever their messages' addresses are.
extension SIPGateway {
    /// What a message has to do with calls.
    enum Call {
        /// Nothing.
        case none
        /// It belongs to one. What is not current, since the call is over or goes on with a newer request, is translated as
        /// it was before, and changes nothing.
        case call(Int, isCurrent: Bool)
        /// It would begin one, and there is no room.
        case refused
    }

    /// Notes what a message means for the call that it belongs to, and for registrations.
    @_noLocks
    mutating func follow(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> Call {
        switch message.cSeq.method {
        case .invite, .ack, .bye, .cancel, .prack, .update, .info, .refer, .notify: break
        case .subscribe: followSubscription(bytes, message, context)
        case .register:
            followRegistration(bytes, message, context)
            return .none
        default: return .none
        }
        let key = hash.of(bytes, message.callID)
        guard let slot = calls.find(key, of: context.inside.address) else {
            guard case .invite? = message.startLine.method else { return .none }
            return open(bytes, message, key, context)
        }
        var call = calls[slot]
        let isCurrent = isCurrent(bytes, message, &call, context)
        if isCurrent {
            call.heard = now
            if let method = message.startLine.method {
                followRequest(method, bytes, message, &call, context)
            } else {
                followResponse(message.startLine.code, bytes, message, &call, context)
            }
            calls.store(call, at: slot)
            schedule(call: slot)
        }
        return .call(slot, isCurrent: isCurrent)
    }

    @_noLocks
    private mutating func open(_ bytes: RawSpan, _ message: SIPMessage, _ key: UInt64, _ context: Context) -> Call {
        var call = SIPCall()
        call.phase = .inviting
        call.caller = context.side
        call.key = key
        call.binding = context.binding
        call.contact = context.binding
        call.inside = context.inside
        call.translated = context.translated
        call.outside = context.side == .inside ? context.destination : context.source
        call.opened = now
        call.heard = now
        call.invites[Int(context.side.rawValue)].number = message.cSeq.number
        call.branches.note(branch(bytes, message))
        for (place, offset) in zip(0..<64, message.callID) { call.callID[place] = bytes.octet(at: offset) }
        guard let slot = calls.open(call) else {
            count(.callsFull)
            return .refused
        }
        bindings.use(context.binding, by: 2)
        count(.callsOpened)
        schedule(call: slot)
        return .call(slot, isCurrent: true)
    }

    /// The side whose request a message is, or answers.
    @_noLocks
    func requester(of message: SIPMessage, _ context: Context) -> Side {
        message.startLine.method == nil ? context.side.other : context.side
    }

    /// Whether a message is not older than others that were seen of the call. A newer request is noted; after the end of a
    /// call that is one more INVITE: with credentials, to where a redirection has led, by another branch of a proxy, or of a
    /// caller who has but one Call-ID.
    @_noLocks
    private func isCurrent(
        _ bytes: RawSpan, _ message: SIPMessage, _ call: inout SIPCall, _ context: Context
    ) -> Bool {
        let own = Int(requester(of: message, context).rawValue)
        let number = message.cSeq.number
        var isInvite = false
        if case .invite? = message.startLine.method { isInvite = true }
        if case .ended = call.phase {
            guard isInvite else { return false }
            let isNoted = call.branches.has(branch(bytes, message))
            if isNoted, number <= call.invites[own].number { return false }
            call.phase = .inviting
            call.challenged = Exchange()
            call.invites[own] = SIPCall.Request()
        }
        switch message.cSeq.method {
        case .invite, .ack:
            if isInvite, number > call.invites[own].number {
                call.invites[own] = SIPCall.Request()
                call.invites[own].number = number
            }
            if isInvite, case .inviting = call.phase { call.branches.note(branch(bytes, message)) }
            return number == call.invites[own].number
        // PRACK and UPDATE are numbered by each early dialog for itself: what is old in one may be new in another.
        default: return true
        }
    }

    @_noLocks
    private mutating func followRequest(
        _ method: Method, _ bytes: RawSpan, _ message: SIPMessage, _ call: inout SIPCall, _ context: Context
    ) {
        let exchange = exchange(of: message, context)
        guard case .bye = method else { return }
        if case .ending = call.phase {
            // The same BYE on its way to another phone of the same host, whose dialog ends with it.
            let tag = outsideTag(bytes, message, context)
            let before = Exchange(context.side.other, isInvite: false, number: message.cSeq.number)
            if call.bye == before, tag != call.endingTag { media.end(&call.media, tag: tag, now: now, frees: now) }
            return
        }
        guard case .confirmed = call.phase, !(exchange == call.challenged) else { return }
        call.bye = exchange
        call.phase = .ending
        call.ends = now &+ settings.bye
        call.endingTag = outsideTag(bytes, message, context)
    }

    @_noLocks
    private mutating func followResponse(
        _ code: Int, _ bytes: RawSpan, _ message: SIPMessage, _ call: inout SIPCall, _ context: Context
    ) {
        let isChallenge = code == 401 || code == 407
        switch message.cSeq.method {
        case .invite where code >= 300:
            if case .inviting = call.phase {
                // Another phone of the same host may still answer, or the same one by another way.
                guard call.branches.refuse(branch(bytes, message)) else { return }
                if !isChallenge { count(.callsFailed) }
                // Its ports stay for a while: the INVITE may be repeated, or come again.
                finish(&call, keepsPorts: true)
            } else {
                withdraw(message, from: call, context)
            }
        case .invite where code >= 200:
            if case .inviting = call.phase {
                call.phase = .confirmed
                call.answered = now
                count(.callsConfirmed)
            }
        case .update where code >= 300, .prack where code >= 300: withdraw(message, from: call, context)
        case .bye where code >= 200:
            guard case .ending = call.phase, call.bye == exchange(of: message, context) else { return }
            guard isChallenge else { return endDialog(&call) }
            // BYE comes once more, with credentials.
            call.phase = .confirmed
            call.challenged = call.bye
        default: break
        }
    }

    /// A 2xx to INVITE confirms its dialog, and ends the early ones beside it.
    @_noLocks
    mutating func confirm(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context, call slot: Int) {
        let code = message.startLine.code
        guard case .invite = message.cSeq.method, code >= 200, code < 300 else { return }
        media.confirm(outsideTag(bytes, message, context), in: calls[slot].media, closes: now &+ settings.linger)
    }

    /// Takes back the offer of a request that failed.
    @_noLocks
    private mutating func withdraw(_ message: SIPMessage, from call: SIPCall, _ context: Context) {
        media.withdraw(exchange(of: message, context), in: call.media, frees: now &+ settings.linger)
    }

    /// The same for a request that the gateway refuses, and with an INVITE the call that it would have begun.
    @_noLocks
    mutating func withdraw(_ message: SIPMessage, from slot: Int, _ context: Context) {
        var call = calls[slot]
        withdraw(message, from: call, context)
        switch call.phase {
        case .inviting:
            count(.callsFailed)
            finish(&call, keepsPorts: false)
        case .ended: finish(&call, keepsPorts: false)
        default: break
        }
        calls.store(call, at: slot)
        schedule(call: slot)
    }

    /// The exchange that a request begins.
    @_noLocks
    func exchange(of message: SIPMessage, _ context: Context) -> Exchange {
        var isInvite = false
        switch message.cSeq.method {
        case .invite, .ack: isInvite = true
        default: break
        }
        return Exchange(requester(of: message, context), isInvite: isInvite, number: message.cSeq.number)
    }

    /// The hash of the branch of the topmost Via, which a response has from its request; 1 where it has none (RFC 2543).
    @_noLocks
    private func branch(_ bytes: RawSpan, _ message: SIPMessage) -> UInt64 {
        var vias = ValueList(message.via)
        guard let via = vias.next(in: bytes), let branch = Parameters.value(of: .branch, in: bytes, via) else {
            return 1
        }
        return hash.of(bytes, branch) | 1
    }

    /// The hash of the outside's tag, or 0 where it has none yet.
    @_noLocks
    mutating func outsideTag(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> UInt64 {
        // From names who has sent the request, To who gets it.
        let party = requester(of: message, context) == .outside ? message.from : message.to
        guard let tag = tag(bytes, party) else { return 0 }
        return hash.of(bytes, tag)
    }

    /// The tag of a party.
    @_noLocks
    func tag(_ bytes: RawSpan, _ party: Range<Int>) -> Range<Int>? {
        guard let address = NameAddress(bytes, party) else { return nil }
        return Parameters.value(of: .tag, in: bytes, address.parameters)
    }

    /// The binding that the inside's Contact names is kept, so that the other side reaches it.
    @_noLocks
    mutating func keep(_ contact: Int, for slot: Int) {
        guard calls[slot].contact != contact else { return }
        var call = calls[slot]
        bindings.use(call.contact, by: -1)
        schedule(binding: call.contact)
        bindings.use(contact, by: 1)
        call.contact = contact
        calls.store(call, at: slot)
    }

    /// A dialog has ended by BYE. Another one of a call that was forked may go on.
    @_noLocks
    private mutating func endDialog(_ call: inout SIPCall) {
        media.end(&call.media, tag: call.endingTag, now: now, frees: now)
        call.phase = .confirmed
        guard !media.liveliness(of: call.media).hasFlows else { return }
        count(.callsEnded)
        finish(&call, keepsPorts: false)
    }

    /// The call is over: its media end, and it is remembered for a while.
    @_noLocks
    private mutating func finish(_ call: inout SIPCall, keepsPorts: Bool) {
        call.phase = .ended
        call.heard = now
        if keepsPorts {
            media.end(&call.media, tag: nil, now: now, frees: now &+ settings.linger)
        } else {
            media.end(&call.media, now: now)
        }
    }

    // MARK: Time

    /// When the worker looks after the flows of a call.
    private var observation: UInt64 { @_noLocks get { 10_000_000_000 } }

    @_noLocks
    func wheelEntry(call slot: Int) -> Int { bindings.capacity &+ slot }

    /// Sets the next deadline of a call, unless an earlier one is set.
    @_noLocks
    private mutating func schedule(call slot: Int) {
        let call = calls[slot]
        let deadline: UInt64
        switch call.phase {
        case .free: return
        case .inviting, .confirmed: deadline = now &+ observation
        case .ending: deadline = call.ends
        case .ended: deadline = call.heard &+ settings.linger
        }
        schedule(call: slot, at: deadline)
    }

    @_noLocks
    private mutating func schedule(call slot: Int, at deadline: UInt64) {
        if let set = wheel.deadline(of: wheelEntry(call: slot)), set <= deadline { return }
        wheel.set(wheelEntry(call: slot), deadline: deadline)
    }

    /// Does what is due on a call.
    @_noLocks
    mutating func expire(call slot: Int) {
        var call = calls[slot]
        switch call.phase {
        case .free: return
        case .inviting:
            // An announcement may be longer than that.
            if now >= max(call.heard, media.liveliness(of: call.media).seen) &+ settings.invite {
                count(.callsFailed)
                return end(call: slot, &call)
            }
        case .confirmed:
            let media = media.liveliness(of: call.media)
            let limit = media.hasFlows && !media.isHeld ? settings.media : settings.hold
            if now >= max(max(call.heard, call.answered), media.seen) &+ limit {
                count(.callsLost)
                return end(call: slot, &call)
            }
        case .ending:
            if now >= call.ends { endDialog(&call) }
        case .ended:
            if now >= call.heard &+ settings.linger { return end(call: slot, &call) }
        }
        let next = media.closeDue(&call.media, now: now)
        media.observe(call.media)
        calls.store(call, at: slot)
        schedule(call: slot)
        schedule(call: slot, at: next)
    }

    @_noLocks
    private mutating func end(call slot: Int, _ call: inout SIPCall) {
        media.end(&call.media, now: now)
        bindings.use(call.binding, by: -1)
        schedule(binding: call.binding)
        bindings.use(call.contact, by: -1)
        schedule(binding: call.contact)
        calls.end(slot)
    }
}
