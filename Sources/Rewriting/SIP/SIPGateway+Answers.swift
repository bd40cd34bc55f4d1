import SIPCodec
import WireFormats

/// What the gateway itself says: refusals, and keep-alives to registrars.
extension SIPGateway {
    /// There is no room for a new inside endpoint: an INVITE is answered.
    @_noLocks
    mutating func refuse(_ frame: RawSpan, _ datagram: UDPPacket) {
        do throws(MessageDefect) {
            let message = try SIPMessage.parse(frame, datagram.payload, isStream: false, rows: &rows)
            if case .invite? = message.startLine.method {
                count(.sipRefused)
                return refuse(frame, message, datagram, .noRoom)
            }
        } catch {}
        count(.dropSIPFull)
    }

    /// Answers a request as the next hop would.
    @_noLocks
    mutating func refuse(_ frame: RawSpan, _ request: SIPMessage, _ datagram: UDPPacket, _ reason: SIPRefusal) {
        let start = message.end
        appendRefusal(of: request, frame, reason)
        append(
            OutgoingDatagram(
                from: datagram.destination, to: datagram.source, start: start, count: message.end &- start,
                timeToLive: 64))
    }

    /// The same for a request on a connection; the answer is `ownMessage`.
    @_noLocks
    mutating func refuse(_ bytes: RawSpan, _ request: SIPMessage, _ reason: SIPRefusal) {
        message.removeAll()
        appendRefusal(of: request, bytes, reason)
    }

    /// What was written last for a connection.
    ///
    /// Exempt from `@_noLocks`, and so must be whoever holds the span; see `BlockPool.bytes`.
    var ownMessage: RawSpan {
        @_semantics("no_performance_analysis") @_lifetime(borrow self) get { message.bytes(0, message.end) }
    }

    @_noLocks
    private mutating func appendRefusal(of request: SIPMessage, _ frame: RawSpan, _ reason: SIPRefusal) {
        message.append(reason.statusLine)
        for index in 0..<rows.count {
            let row = rows[index]
            if case .via = row.name { append("Via: ", frame, row.value) }
        }
        append("From: ", frame, request.from)
        message.append("To: ")
        message.append(frame, request.to)
        // The same tag for all repetitions (section 8.2.6.2).
        if tag(frame, request.to) == nil {
            message.append(";tag=")
            message.append(decimal: hash.of(frame, request.callID))
        }
        message.append("\r\n")
        append("Call-ID: ", frame, request.callID)
        if let cSeq = rows.first(.cSeq) { append("CSeq: ", frame, cSeq) }
        message.append(reason.fields)
        message.append("Content-Length: 0\r\n\r\n")
    }

    @_noLocks
    private mutating func append(_ name: StaticString, _ frame: RawSpan, _ value: Range<Int>) {
        message.append(name)
        message.append(frame, value)
        message.append("\r\n")
    }

    /// Sends a keep-alive to a registrar.
    @_noLocks
    mutating func keepAlive(_ slot: Int, at registrar: Endpoint) {
        count(.sipKeepalives)
        let start = message.end
        message.append("\r\n\r\n")
        append(
            OutgoingDatagram(
                from: bindings[slot].translated, to: registrar, start: start, count: message.end &- start,
                timeToLive: 64))
    }
}

extension SIPMessage {
    /// Whether a request is one that an offer begins with, so that an answer by the gateway ends it.
    var canBeRefused: Bool {
        @_noLocks get {
            switch startLine.method {
            case .invite, .update: true
            default: false
            }
        }
    }
}
