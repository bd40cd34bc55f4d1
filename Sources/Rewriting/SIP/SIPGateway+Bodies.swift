import SIPCodec
import WireFormats

/// What a message says of media in its body (RFC 8866, RFC 3264), and what follows from it for ports and flows.
extension SIPGateway {
    /// What a session description is to the ones before it: the offer of an exchange, or its answer.
    struct Part {
        let isOffer: Bool
        let exchange: Exchange

        @_noLocks
        init(isOffer: Bool, _ exchange: Exchange) {
            self.isOffer = isOffer
            self.exchange = exchange
        }
    }

    /// Translates the session descriptions of a message of a call, and, if it is current, notes what they say. False when
    /// there was no room for all of it.
    @_noLocks
    mutating func translateBody(
        _ bytes: RawSpan, _ message: SIPMessage, _ context: Context, call slot: Int, isCurrent: Bool
    ) -> Bool {
        guard !message.body.isEmpty, let type = rows.first(.contentType), rows.first(.contentEncoding) == nil else {
            return true
        }
        let before = splices.growth
        let isComplete: Bool
        if case .sessionDescription = BodyType(bytes, type) {
            isComplete = translate(bytes, message.body, message, context, call: slot, isCurrent)
        } else {
            isComplete = translateParts(bytes, type, message, context, call: slot, isCurrent)
        }
        let growth = splices.growth &- before
        guard growth != 0 else { return isComplete }
        for index in rows.all(.contentLength) where rows[index].name == .contentLength {
            splices.replace(rows[index].value, by: UInt16(truncatingIfNeeded: message.body.count &+ growth))
        }
        return isComplete
    }

    /// The same for those in the parts of a multipart.
    @_noLocks
    private mutating func translateParts(
        _ bytes: RawSpan, _ type: Range<Int>, _ message: SIPMessage, _ context: Context, call slot: Int,
        _ isCurrent: Bool
    ) -> Bool {
        var bodies = SDPBodies(bytes, body: message.body, contentType: type)
        var isComplete = true
        // The part that holds the parts that are being read, and by how much those have grown.
        var (outer, outerGrowth): (MultipartLength?, Int) = (nil, 0)
        while let body = bodies.next(in: bytes) {
            let start = splices.growth
            isComplete = translate(bytes, body.range, message, context, call: slot, isCurrent) && isComplete
            if let length = body.part?.contentLength { adapt(length, by: splices.growth &- start) }
            if let length = body.outerPart?.contentLength {
                if let other = outer, other.range != length.range {
                    adapt(other, by: outerGrowth)
                    outerGrowth = 0
                }
                outer = length
                outerGrowth &+= splices.growth &- start
            }
        }
        if let outer { adapt(outer, by: outerGrowth) }
        return isComplete
    }

    /// The lengths of parts grow with what is in them, and with their own digits those of the parts around.
    @_noLocks
    private mutating func adapt(_ length: MultipartLength, by growth: Int) {
        guard growth != 0 else { return }
        splices.replace(length.range, by: UInt16(truncatingIfNeeded: Int(length.value) &+ growth))
    }

    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, _ range: Range<Int>, _ message: SIPMessage, _ context: Context, call slot: Int,
        _ isCurrent: Bool
    ) -> Bool {
        if isCurrent, case .invite? = message.startLine.method {
            calls.setHasOffer(slot, context.side)
        }
        guard !isSigned(bytes) else {
            count(.sipBodiesSigned)
            return true
        }
        guard canNegotiate(message) else { return true }
        description.read(bytes, range, known: context.known)
        let part = isCurrent ? part(of: message, of: slot, context) : nil
        let isComplete = translateDescription(bytes, message, context, call: slot, part)
        switch settings.ice {
        case .rewrite where description.hasRemoteCandidates && context.side == .outside:
            restoreRemoteCandidates(bytes, range)
        case .strip: stripICE(bytes, range)
        case .rewrite, .leave: break
        }
        return isComplete
    }

    /// Whether a request is not to go on where signed bodies are refused: because it announces media in one.
    @_noLocks
    mutating func refusesBody(_ bytes: RawSpan, _ message: SIPMessage) -> Bool {
        guard message.canBeRefused, let type = rows.first(.contentType), isSigned(bytes) else { return false }
        var bodies = SDPBodies(bytes, body: message.body, contentType: type)
        guard bodies.next(in: bytes) != nil else { return false }
        count(.sipBodiesRefused)
        return true
    }

    /// Whether the sender has signed the body (RFC 3261 section 22.4): then it must stay as it is.
    @_noLocks
    private func isSigned(_ bytes: RawSpan) -> Bool {
        if isSigned(bytes, .authorization) { return true }
        return isSigned(bytes, .proxyAuthorization)
    }

    @inline(__always) @_noLocks
    private func isSigned(_ bytes: RawSpan, _ name: HeaderName) -> Bool {
        for index in rows.all(name) where rows[index].name == name {
            if Credentials.coverBody(bytes, rows[index].value) { return true }
        }
        return false
    }

    /// Translates a description, and notes what it says as a part of an exchange (nil: of none).
    @_noLocks
    private mutating func translateDescription(
        _ bytes: RawSpan, _ message: SIPMessage, _ context: Context, call slot: Int, _ part: Part?
    ) -> Bool {
        let tag = outsideTag(bytes, message, context)
        var isProvisional = false
        if message.startLine.method == nil { isProvisional = message.startLine.code < 200 }
        let number = calls[slot].number
        var isConfirmed = false
        if case .confirmed = calls[slot].phase { isConfirmed = true }
        var lists = calls[slot].media
        var isComplete = true
        let isOpener = isOpener(message, context, part)
        // What the session's own c= line has to say.
        var common: IPv4Address?
        for line in 0..<description.mediaCount {
            var item = MediaTable.Description(
                call: number, tag: tag, line: line, side: context.side, exchange: part?.exchange ?? Exchange(),
                isProvisional: isProvisional, end: end(line, isOpener: isOpener), stream: nil,
                closes: now &+ settings.linger)
            if context.side == .inside {
                if item.end.isOpener {
                    if let address = hide(line, item.end, context) { common = address }
                } else if isTranslated(item.end, context) {
                    item.stream = media.stream(
                        for: item.end, pairs: pairCount(line), in: &lists, call: number, at: slot, &lottery,
                        frees: now &+ settings.linger)
                    if let stream = item.stream {
                        let stream = media.stream(stream)
                        translate(bytes, line, item.end, media: stream.translated, control: stream.translatedControl)
                        common = stream.translated.address
                    } else {
                        isComplete = false
                    }
                }
                if item.stream == nil, item.end.isThere { item.end = MediaEnd() }
            } else if let local = localEnd(item.end) {
                translate(bytes, line, item.end, media: local.media, control: local.control)
                if !description[line].hasConnection { common = local.media.address }
                item.end = MediaEnd()
            } else {
                addCandidates(line, to: &item.end)
                item.end.latching = latching(item.end, hasCandidates: hasCandidates(line), context)
            }
            let count =
                description.portCount(of: line) > 1 ? translatePairs(line, item.end, item.stream, in: &lists) : 1
            guard let part else { continue }
            isComplete = note(item, isOffer: part.isOffer, in: &lists, isConfirmed) && isComplete
            let (first, stream) = (item.end, item.stream)
            for step in 1..<count {
                item.line = line &+ step &* SessionDescription.mediaMax
                item.end = first.above(by: step)
                if let stream { item.stream = media.stream(for: item.end, step, above: stream, in: &lists) }
                isComplete = note(item, isOffer: part.isOffer, in: &lists, isConfirmed) && isComplete
            }
        }
        if let common {
            translateSession(to: common, context)
        } else if isHeldOrRefused(context) {
            translateOrigin(to: media.ports.address(for: description.origin.value), context)
        }
        if !isComplete { count(.mediaFull) }
        calls.store(lists, at: slot)
        return isComplete
    }

    @inline(__always) @_noLocks
    private mutating func note(
        _ description: MediaTable.Description, isOffer: Bool, in lists: inout CallMediaLists,
        _ isConfirmed: Bool
    ) -> Bool {
        isOffer
            ? media.offer(description, in: &lists, isConfirmed: isConfirmed)
            : media.answer(description, in: &lists, now: now)
    }

    /// Whether a description in a message is an offer or an answer, and not of what somebody is capable of.
    @_noLocks
    private func canNegotiate(_ message: SIPMessage) -> Bool {
        if message.startLine.code >= 300 { return false }
        switch message.cSeq.method {
        case .invite, .ack, .prack, .update: return true
        default: return false
        }
    }

    /// An INVITE or UPDATE brings an offer; what answers an offer is an answer; and where INVITE had none, the response is
    /// the offer, and ACK or PRACK has the answer (RFC 3261 section 13.2.1, RFC 3262 section 5, RFC 3311).
    @_noLocks
    private func part(of message: SIPMessage, of slot: Int, _ context: Context) -> Part? {
        let requester = requester(of: message, context)
        let invite = calls[slot].invites[Int(requester.rawValue)]
        let own = exchange(of: message, context)
        guard let method = message.startLine.method else {
            if case .invite = message.cSeq.method { return Part(isOffer: !invite.hasOffer, own) }
            return Part(isOffer: false, own)
        }
        switch method {
        case .ack: return invite.hasOffer ? nil : Part(isOffer: false, own)
        case .prack where !invite.hasOffer:
            return Part(isOffer: false, Exchange(requester, isInvite: true, number: invite.number))
        default: return Part(isOffer: true, own)
        }
    }

    // MARK: From inside

    /// Whether an inside end gets public ports: not where it has no UDP, is refused (port 0), on hold (0.0.0.0), a name, or
    /// an address that the outside can reach.
    @_noLocks
    private func isTranslated(_ end: MediaEnd, _ context: Context) -> Bool {
        guard end.isThere else { return false }
        if end.media.port >= 1024, isInside(end.media.address, context),
            end.control.port == 0 || isInside(end.control.address, context)
        {
            return true
        }
        count(.mediaElsewhere)
        return false
    }

    /// An address that only the inside can reach: the sender's own, or a private one, since media and signalling may have
    /// different hosts.
    @_noLocks
    func isInside(_ address: IPv4Address, _ context: Context) -> Bool {
        address == context.inside.address || address.isPrivate
    }

    /// What an m= line says, of either side; nothing where it is carried by neither UDP nor TCP.
    @inline(__always) @_noLocks
    private func end(_ line: Int, isOpener: Bool) -> MediaEnd {
        let media = description[line]
        let address = description.address(of: line)
        var end = MediaEnd()
        guard media.isDatagram || media.isStream, media.port.number != 0, address.isThere else { return end }
        end.isHeld = media.isHeld
        guard address.value.value != 0 else {
            end.keepsPrevious = true
            end.isHeld = true
            return end
        }
        end.media = Endpoint(address.value, media.port.number)
        if media.isStream {
            end.transport = .tcp
            end.setup = description.particulars(of: line).setup ?? (isOpener ? .active : .passive)
        }
        guard media.isRTP else { return end }
        end.clockRate = media.clockRate
        end.isMultiplexed = media.isMultiplexed
        let control = media.controlAddress.isThere ? media.controlAddress.value : address.value
        let port = media.hasControl ? media.control.number : media.port.number &+ 1
        end.control = Endpoint(control, port)
        return end
    }

    /// Puts other endpoints into the place of those of a media: port, c= line of its own, a=rtcp, URIs of MSRP, and the
    /// candidates that are the same endpoints, so that the default destination stays among them (RFC 8839 section 8).
    @_noLocks
    private mutating func translate(
        _ bytes: RawSpan, _ line: Int, _ end: MediaEnd, media target: Endpoint, control: Endpoint
    ) {
        let item = description[line]
        splices.replace(item.port.range, by: target.port)
        if item.hasConnection { splices.replace(item.connection.range, by: target.address) }
        if item.hasControl {
            splices.replace(item.control.range, by: end.control == end.media ? target.port : control.port)
            if item.controlAddress.isThere { splices.replace(item.controlAddress.range, by: control.address) }
        }
        if item.isStream { return translatePath(bytes, line, end, media: target) }
        guard case .rewrite = settings.ice else { return }
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

    @_noLocks
    private mutating func replace(_ candidate: SessionDescription.Candidate, by endpoint: Endpoint) {
        splices.replace(candidate.address.range, by: endpoint.address)
        splices.replace(candidate.port.range, by: endpoint.port)
    }

    /// Translates what the session says for those of its media that have no c= line of their own, and who made it.
    @_noLocks
    private mutating func translateSession(to address: IPv4Address, _ context: Context) {
        let connection = description.connection
        guard context.side == .inside else {
            if connection.isThere { splices.replace(connection.range, by: address) }
            return
        }
        translateOrigin(to: address, context)
        if connection.isThere, isInside(connection.value, context) { splices.replace(connection.range, by: address) }
    }

    /// Whether an inside description has no media to be translated because they are on hold (0.0.0.0) or refused (port 0):
    /// those before or after it have.
    @_noLocks
    private func isHeldOrRefused(_ context: Context) -> Bool {
        for line in 0..<description.mediaCount {
            let address = description.address(of: line)
            guard address.isThere else { continue }
            if address.value.value == 0 { return true }
            if description[line].port.number == 0, isInside(address.value, context) { return true }
        }
        return false
    }

    /// Who made a session stays the same in all of its descriptions (RFC 3264 section 8).
    @_noLocks
    private mutating func translateOrigin(to address: IPv4Address, _ context: Context) {
        let origin = description.origin
        guard context.side == .inside, origin.isThere, isInside(origin.value, context) else { return }
        splices.replace(origin.range, by: address)
    }

    /// The most pairs of ports of an m= line that are translated; more of them are not announced.
    private static var pairMax: Int { @_noLocks get { 8 } }

    /// How many pairs of ports of an m= line are to be translated.
    @_noLocks
    private func pairCount(_ line: Int) -> Int { min(description.portCount(of: line), SIPGateway.pairMax) }

    /// Gives the pairs of ports behind the first of an inside end the public ones that follow its own; where there are not
    /// enough, fewer are announced. How many there are, of an outside end as many as it says: each pair is like an m= line.
    @_noLocks
    private mutating func translatePairs(
        _ line: Int, _ end: MediaEnd, _ stream: Int?, in lists: inout CallMediaLists
    ) -> Int {
        guard end.isThere else { return 1 }
        var count = 1
        while count < pairCount(line) {
            if let stream, media.stream(for: end.above(by: count), count, above: stream, in: &lists) == nil { break }
            count &+= 1
        }
        let item = description[line]
        guard stream != nil, count < item.portCount else { return count }
        let end = description.particulars(of: line).portsEnd
        if count == 1 {
            splices.remove(item.port.range.upperBound..<end)
        } else {
            splices.replace(item.port.range.upperBound &+ 1..<end, by: UInt16(truncatingIfNeeded: count))
        }
        return count
    }

    // MARK: From outside

    /// The candidates of an outside end, to which flows are opened, too.
    @_noLocks
    private func addCandidates(_ line: Int, to end: inout MediaEnd) {
        guard end.isThere, case .rewrite = settings.ice else { return }
        for index in 0..<description[line].candidateCount {
            let candidate = description.candidate(index, of: line)
            let endpoint = Endpoint(candidate.address.value, candidate.port.number)
            if candidate.component <= 2, !candidate.address.value.isPrivate {
                end.add(endpoint, isControl: candidate.component == 2)
            }
        }
    }

    /// Whether the other side gets candidates of an m= line to see.
    @_noLocks
    private func hasCandidates(_ line: Int) -> Bool {
        if case .strip = settings.ice { return false }
        return description[line].candidateCount > 0
    }

    /// The inside end behind a public endpoint that an outside description names: another phone of this site, which the
    /// provider has connected with this one. They talk to each other directly; nil where they are to do it by hairpin, for
    /// which TCP has no way.
    @_noLocks
    private func localEnd(_ end: MediaEnd) -> MediaEnd? {
        if case .hairpin = settings.localMedia, case .udp = end.transport { return nil }
        guard end.isThere, let inside = published.inside(of: end.media) else { return nil }
        var local = end
        local.media = inside
        if let control = published.inside(of: end.control) { local.control = control }
        return local
    }

    // MARK: ICE

    /// The candidates of the inside end that the outside has chosen become again what the inside end has named (RFC 8839
    /// section 5.2). Those of the outside that the inside end has chosen stand as they came.
    @_noLocks
    private mutating func restoreRemoteCandidates(_ bytes: RawSpan, _ range: Range<Int>) {
        var reader = SDPReader(range)
        while let line = reader.next(in: bytes) {
            guard case .remoteCandidates = line.kind else { continue }
            var candidates = SDPRemoteCandidates(line.value)
            while let candidate = candidates.next(in: bytes) {
                guard case .ipv4(let address) = candidate.address.kind,
                    let inside = published.inside(of: Endpoint(address, candidate.port.number))
                else { continue }
                splices.replace(candidate.address.range, by: inside.address)
                splices.replace(candidate.port.range, by: inside.port)
            }
        }
    }

    /// Takes all lines of ICE out.
    @_noLocks
    private mutating func stripICE(_ bytes: RawSpan, _ range: Range<Int>) {
        var reader = SDPReader(range)
        while let line = reader.next(in: bytes) {
            switch line.kind {
            case .candidate, .remoteCandidates, .endOfCandidates, .iceLite, .ice: splices.remove(line.range)
            default: break
            }
        }
    }
}
