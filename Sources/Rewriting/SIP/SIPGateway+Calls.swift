import SIPCodec
import WireFormats

/// Calls: from INVITE to the response to BYE, whatever their messages' addresses are.
extension SIPGateway {
    /// What a message has to do with calls.
    enum Call {
        /// Nothing.
        case none
        /// It belongs to one.
        case call(Int)
        /// It would begin one, and there is no room.
        case refused
    }

    /// Notes what a message means for the call that it belongs to, and for registrations.
    @_noLocks
    mutating func follow(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> Call {
        switch message.cSeq.method {
        case .invite, .ack, .bye, .cancel, .prack, .update, .info, .refer, .notify, .subscribe: break
        case .register:
            followRegistration(bytes, message, context)
            return .none
        default: return .none
        }
        let key = hash.of(bytes, message.callID)
        guard let slot = calls.find(key, of: context.inside.address) else {
            guard case .request(.invite, _) = message.startLine else { return .none }
            return open(bytes, message, key, context)
        }
        var call = calls[slot]
        if case .ended = call.phase {
            // The same Call-ID again: an INVITE with credentials, or a repetition of the last messages.
            if case .request(.invite, _) = message.startLine, message.cSeq.number != call.inviteNumber {
                call.phase = .inviting
            }
        } else {
            call.heard = now
        }
        if case .request(let method, _) = message.startLine {
            followRequest(method, bytes, message, &call)
        } else if case .response(let code) = message.startLine {
            followResponse(code, bytes, message, &call, context)
        }
        calls.store(call, at: slot)
        schedule(call: slot)
        return .call(slot)
    }

    @_noLocks
    private mutating func open(_ bytes: RawSpan, _ message: SIPMessage, _ key: UInt64, _ context: Context) -> Call {
        var call = SIPCall()
        call.phase = .inviting
        call.caller = context.side
        call.key = key
        call.binding = context.binding
        call.inside = context.inside
        call.translated = context.translated
        call.outside = context.side == .inside ? context.destination : context.source
        call.opened = now
        call.heard = now
        for (place, offset) in zip(0..<64, message.callID) { call.callID[place] = bytes.octet(at: offset) }
        note(message, &call)
        guard let slot = calls.open(call) else {
            count(.callsFull)
            return .refused
        }
        bindings.use(context.binding, by: 1)
        count(.callsOpened)
        schedule(call: slot)
        return .call(slot)
    }

    /// An INVITE: whether it has an offer decides what the descriptions after it are.
    @_noLocks
    private mutating func note(_ message: SIPMessage, _ call: inout SIPCall) {
        call.inviteNumber = message.cSeq.number
        call.inviteHasOffer = !message.body.isEmpty
    }

    @_noLocks
    private mutating func followRequest(
        _ method: Method, _ bytes: RawSpan, _ message: SIPMessage, _ call: inout SIPCall
    ) {
        switch method {
        case .invite: note(message, &call)
        case .bye:
            if case .confirmed = call.phase {
                call.phase = .ending
                call.ends = now &+ settings.bye
            }
        default: break
        }
    }

    @_noLocks
    private mutating func followResponse(
        _ code: Int, _ bytes: RawSpan, _ message: SIPMessage, _ call: inout SIPCall, _ context: Context
    ) {
        switch message.cSeq.method {
        case .invite where code >= 300:
            if case .inviting = call.phase {
                call.phase = .ended
                count(.callsFailed)
            } else {
                media.forgetOffers(of: outsideTag(bytes, message, context), in: call.media)
            }
        case .invite where code >= 200:
            if case .inviting = call.phase {
                call.phase = .confirmed
                call.answered = now
                count(.callsConfirmed)
            }
        case .update where code >= 300: media.forgetOffers(of: outsideTag(bytes, message, context), in: call.media)
        case .bye where code == 401 || code == 407:
            // The BYE comes once more, with credentials.
            if case .ending = call.phase { call.phase = .confirmed }
        case .bye where code >= 200:
            guard case .ending = call.phase else { return }
            media.end(&call.media, tag: outsideTag(bytes, message, context))
            // Another dialog of a forked call may go on.
            call.phase = media.liveliness(of: call.media).hasFlows ? .confirmed : .ended
            if case .ended = call.phase { finish(&call) }
        default: break
        }
    }

    /// The hash of the outside's tag, or 0 where it has none yet.
    @_noLocks
    func outsideTag(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context) -> UInt64 {
        var isRequest = false
        if case .request = message.startLine { isRequest = true }
        // From names who has sent the request, To who gets it.
        let party = isRequest == (context.side == .inside) ? message.to : message.from
        guard let address = NameAddress(bytes, party) else { return 0 }
        var parameters = Parameters(address.parameters)
        while let parameter = parameters.next(in: bytes) {
            if parameter.name == .tag, let value = parameter.value { return hash.of(bytes, value) }
        }
        return 0
    }

    /// The call is over, and remembered for a while.
    @_noLocks
    private mutating func finish(_ call: inout SIPCall) {
        call.phase = .ended
        call.heard = now
        media.end(&call.media, tag: nil)
        count(.callsEnded)
    }

    // MARK: Time

    /// When the worker looks after the flows of a call.
    private var observation: UInt64 { @_noLocks get { 10_000_000_000 } }

    @_noLocks
    func wheelEntry(call slot: Int) -> Int { bindings.capacity &+ slot }

    /// Sets the next deadline of a call, unless an earlier one is set.
    @_noLocks
    private mutating func schedule(call slot: Int) {
        let deadline: UInt64
        switch calls[slot].phase {
        case .free: return
        case .inviting: deadline = calls[slot].heard &+ settings.invite
        case .confirmed: deadline = now &+ observation
        case .ending: deadline = calls[slot].ends
        case .ended: deadline = calls[slot].heard &+ settings.linger
        }
        if let set = wheel.deadline(of: wheelEntry(call: slot)), set <= deadline { return }
        wheel.set(wheelEntry(call: slot), deadline: deadline)
    }

    /// Does what is due on a call.
    @_noLocks
    mutating func expire(call slot: Int) {
        var call = calls[slot]
        let next = media.expire(call.media, now: now)
        switch call.phase {
        case .free: return
        case .inviting:
            if now >= call.heard &+ settings.invite {
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
            if now >= call.ends { finish(&call) }
        case .ended:
            if now >= call.heard &+ settings.linger { return end(call: slot, &call) }
        }
        calls.store(call, at: slot)
        schedule(call: slot)
        if let set = wheel.deadline(of: wheelEntry(call: slot)), next < set {
            wheel.set(wheelEntry(call: slot), deadline: next)
        }
    }

    @_noLocks
    private mutating func end(call slot: Int, _ call: inout SIPCall) {
        media.end(&call.media, tag: nil)
        bindings.use(call.binding, by: -1)
        schedule(binding: call.binding)
        calls.end(slot)
    }
}
