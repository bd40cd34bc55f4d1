import SIPCodec
import WireFormats

/// What a message says of media in its body (RFC 8866, RFC 3264), and what follows from it for ports and flows.
extension SIPGateway {
    /// What a session description is to the ones before it.
    private enum Role {
        case offer, answer
    }

    /// Translates the session descriptions of a message of a call, and notes what they say.
    @_noLocks
    mutating func translateBody(_ bytes: RawSpan, _ message: SIPMessage, _ context: Context, call slot: Int) {
        guard !message.body.isEmpty, let type = rows.first(.contentType), rows.first(.contentEncoding) == nil else {
            return
        }
        let before = splices.growth
        let isSigned = isSigned(bytes)
        var bodies = SDPBodies(bytes, body: message.body, contentType: type)
        while let body = bodies.next(in: bytes) {
            guard !isSigned else { return count(.sipBodiesSigned) }
            let start = splices.growth
            description.read(bytes, body.range)
            translateDescription(bytes, message, context, call: slot)
            if case .strip = settings.ice { stripICE(bytes, body.range) }
            let growth = splices.growth &- start
            guard growth != 0 else { continue }
            if let length = body.part?.contentLength { adapt(length, by: growth) }
            if let length = body.outerPart?.contentLength { adapt(length, by: growth) }
        }
        let growth = splices.growth &- before
        if growth != 0, let digits = message.contentLength {
            splices.replace(digits, by: UInt16(truncatingIfNeeded: message.body.count &+ growth))
        }
    }

    /// The lengths of parts grow with what is in them, in the order in which they are met: all of the growth is below.
    @_noLocks
    private mutating func adapt(_ length: MultipartLength, by growth: Int) {
        splices.replace(length.range, by: UInt16(truncatingIfNeeded: Int(length.value) &+ growth))
    }

    /// Whether the sender has signed the body (RFC 3261 section 22.4): then it must stay as it is.
    @_noLocks
    private func isSigned(_ bytes: RawSpan) -> Bool {
        for index in 0..<rows.count {
            switch rows[index].name {
            case .authorization, .proxyAuthorization:
                if Credentials.coverBody(bytes, rows[index].value) { return true }
            default: break
            }
        }
        return false
    }

    @_noLocks
    private mutating func translateDescription(
        _ bytes: RawSpan, _ message: SIPMessage, _ context: Context, call slot: Int
    ) {
        let tag = outsideTag(bytes, message, context)
        let role = role(of: message, calls[slot])
        var call = calls[slot]
        var isTranslated = false
        for line in 0..<description.mediaCount {
            var end = MediaEnd()
            var stream: Int?
            if context.side == .inside {
                (end, stream) = insideEnd(line, context, call)
                if let stream { isTranslated = publish(line, end, media.stream(stream)) || isTranslated }
            } else if let local = localEnd(line) {
                isTranslated = restore(line, local) || isTranslated
            } else {
                end = outsideEnd(line)
            }
            note(
                MediaTable.Description(
                    call: call.number, tag: tag, line: line, side: context.side, end: end, stream: stream),
                role, &call)
        }
        if isTranslated { translateSession(context) }
        calls.store(call, at: slot)
    }

    @_noLocks
    private mutating func note(_ description: MediaTable.Description, _ role: Role, _ call: inout SIPCall) {
        let isComplete =
            switch role {
            case .offer: media.offer(description, in: &call.media)
            case .answer: media.answer(description, in: &call.media, now: now, linger: settings.linger)
            }
        if !isComplete { count(.mediaFull) }
    }

    /// An INVITE or UPDATE brings an offer; what answers an offer is an answer; and where INVITE had none, the response is
    /// the offer, and ACK or PRACK has the answer (RFC 3261 section 13.2.1, RFC 3262 section 5, RFC 3311).
    @_noLocks
    private func role(of message: SIPMessage, _ call: SIPCall) -> Role {
        if case .request(let method, _) = message.startLine {
            switch method {
            case .ack: return .answer
            case .prack: return call.inviteHasOffer ? .offer : .answer
            default: return .offer
            }
        }
        if case .invite = message.cSeq.method { return call.inviteHasOffer ? .answer : .offer }
        return .answer
    }

    // MARK: From inside

    /// Where the inside end receives what an m= line is about, and the stream with the public ports for it; no stream where
    /// it is not translated: no UDP, refused (port 0), on hold (0.0.0.0), a name, or an address that the outside can reach.
    @_noLocks
    private mutating func insideEnd(
        _ line: Int, _ context: Context, _ call: SIPCall
    ) -> (end: MediaEnd, stream: Int?) {
        let end = end(line)
        guard end.isThere else { return (end, nil) }
        guard end.media.port >= 1024, isInside(end.media.address, context),
            end.control.port == 0 || isInside(end.control.address, context)
        else {
            count(.mediaElsewhere)
            return (MediaEnd(), nil)
        }
        guard let stream = media.stream(for: end, in: call.media, call: call.number, &lottery) else {
            count(.mediaFull)
            return (MediaEnd(), nil)
        }
        return (end, stream)
    }

    /// An address that only the inside can reach: the sender's own, or a private one, since media and signalling may have
    /// different hosts.
    @_noLocks
    private func isInside(_ address: IPv4Address, _ context: Context) -> Bool {
        address == context.inside.address || address.isPrivate
    }

    /// What an m= line says, of either side; nothing where it is not carried by UDP.
    @_noLocks
    private func end(_ line: Int) -> MediaEnd {
        let media = description[line]
        let address = description.address(of: line)
        var end = MediaEnd()
        end.isHeld = media.isHeld
        guard media.isDatagram, media.port.number != 0, address.isThere else { return end }
        guard address.value.value != 0 else {
            end.isHeld = true
            return end
        }
        end.media = Endpoint(address.value, media.port.number)
        guard media.isRTP else { return end }
        end.clockRate = media.isAudio ? 8000 : 90000
        end.isMultiplexed = media.isMultiplexed
        let control = media.controlAddress.isThere ? media.controlAddress.value : address.value
        let port = media.hasControl ? media.control.number : media.port.number &+ 1
        end.control = Endpoint(control, port)
        return end
    }

    /// Writes the public endpoints of a stream into the lines of a media. True if anything was changed.
    @_noLocks
    private mutating func publish(_ line: Int, _ end: MediaEnd, _ stream: MediaStream) -> Bool {
        translate(line, end, media: stream.translated, control: stream.translatedControl)
    }

    /// Puts other endpoints into the place of those of a media: port, c= line of its own, a=rtcp, and the candidates that
    /// are the same endpoints, so that the default destination stays among them (RFC 8839 section 8).
    @_noLocks
    private mutating func translate(
        _ line: Int, _ end: MediaEnd, media target: Endpoint, control: Endpoint
    ) -> Bool {
        let item = description[line]
        splices.replace(item.port.range, by: target.port)
        if item.hasConnection { splices.replace(item.connection.range, by: target.address) }
        let isShared = end.control == end.media
        if item.hasControl {
            splices.replace(item.control.range, by: isShared ? target.port : control.port)
            if item.controlAddress.isThere { splices.replace(item.controlAddress.range, by: control.address) }
        }
        if case .rewrite = settings.ice {
            for index in 0..<item.candidateCount {
                let candidate = description.candidate(index, of: line)
                let endpoint = Endpoint(candidate.address.value, candidate.port.number)
                if endpoint == end.media {
                    replace(candidate, by: target)
                } else if endpoint == end.control {
                    replace(candidate, by: control)
                }
            }
        }
        return true
    }

    @_noLocks
    private mutating func replace(_ candidate: SessionDescription.Candidate, by endpoint: Endpoint) {
        splices.replace(candidate.address.range, by: endpoint.address)
        splices.replace(candidate.port.range, by: endpoint.port)
    }

    /// Translates what the session says for those of its media that have no c= line of their own, and who made it.
    @_noLocks
    private mutating func translateSession(_ context: Context) {
        translateAddress(description.origin, context)
        translateAddress(description.connection, context)
    }

    @_noLocks
    private mutating func translateAddress(_ address: SessionDescription.Address, _ context: Context) {
        guard address.isThere else { return }
        if context.side == .inside, isInside(address.value, context) {
            splices.replace(address.range, by: bindings.address(for: address.value))
        } else if context.side == .outside, address.value == context.translated.address {
            splices.replace(address.range, by: context.inside.address)
        }
    }

    // MARK: From outside

    /// Where the outside end receives, with the candidates that it may be reached at, too.
    @_noLocks
    private func outsideEnd(_ line: Int) -> MediaEnd {
        var end = end(line)
        guard end.isThere, case .rewrite = settings.ice else { return end }
        for index in 0..<description[line].candidateCount {
            let candidate = description.candidate(index, of: line)
            let endpoint = Endpoint(candidate.address.value, candidate.port.number)
            if candidate.component <= 2, !candidate.address.value.isPrivate {
                end.add(endpoint, isControl: candidate.component == 2)
            }
        }
        return end
    }

    /// The inside end behind a public endpoint that an outside description names: another phone of this site, which the
    /// provider has connected with this one. They talk to each other directly.
    @_noLocks
    private func localEnd(_ line: Int) -> MediaEnd? {
        var end = end(line)
        guard end.isThere, let entry = published.entry(of: end.media), entry.isMedia else { return nil }
        end.media = entry.inside
        if let control = published.entry(of: end.control), control.isMedia { end.control = control.inside }
        return end
    }

    /// Writes the inside endpoints into the lines of a media. True if anything was changed.
    @_noLocks
    private mutating func restore(_ line: Int, _ local: MediaEnd) -> Bool {
        translate(line, end(line), media: local.media, control: local.control)
    }

    // MARK: ICE

    /// Takes all lines of ICE out.
    @_noLocks
    private mutating func stripICE(_ bytes: RawSpan, _ range: Range<Int>) {
        var reader = SDPReader(bytes, range)
        while let line = reader.next(in: bytes) {
            switch line.kind {
            case .candidate, .remoteCandidates, .endOfCandidates, .iceLite, .ice: splices.remove(line.range)
            default: break
            }
        }
    }
}
