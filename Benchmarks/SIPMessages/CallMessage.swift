// What a phone inside and a server outside say to each other in a registration and a call, in this order, as phones and
// servers say it. Every message that measures SIP is one of these.

/// A message of the conversation.
public enum CallMessage: Int, CaseIterable, Sendable {
    case register, registered, invite, answer, bye, ended

    /// The server's address; its port is 5060.
    public static let server = "203.0.113.20"

    /// Whether the phone says it.
    public var isRequest: Bool { rawValue % 2 == 0 }

    /// The message as it is on that side of a translator where the phone has these values.
    public func text(_ values: MessageText.Values) -> MessageText {
        switch self {
        case .register:
            MessageText(
                head: """
                    REGISTER sip:\(server) SIP/2.0
                    \(via)
                    Max-Forwards: 70
                    From: "A telephone" <sip:phone@\(server)>;tag=r\(call)
                    To: "A telephone" <sip:phone@\(server)>
                    Call-ID: r\(call)-6f1c2d@telephone
                    CSeq: 1 REGISTER
                    Contact: <sip:phone@\(phone)>;expires=600
                    Authorization: Digest username="phone", realm="\(server)", nonce="Zm9yLXRoZS1iZW5jaG1hcms", \
                    uri="sip:\(server)", response="6629fae49393a05397450978507c4ef1", algorithm=MD5
                    User-Agent: A telephone (laboratory), version 1.0
                    """, body: "", values)
        case .registered:
            MessageText(
                head: """
                    SIP/2.0 200 OK
                    \(viaAnswered)
                    From: "A telephone" <sip:phone@\(server)>;tag=r\(call)
                    To: "A telephone" <sip:phone@\(server)>;tag=s\(call)
                    Call-ID: r\(call)-6f1c2d@telephone
                    CSeq: 1 REGISTER
                    Contact: <sip:phone@\(phone)>;expires=600
                    Date: Sat, 13 Nov 2010 23:29:00 GMT
                    P-Associated-URI: <sip:phone@\(server)>, <tel:+441632960001>
                    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, REFER, NOTIFY, INFO, MESSAGE
                    Supported: replaces, timer, path
                    Server: A registrar, 1.0
                    """, body: "", values)
        case .invite:
            MessageText(
                head: """
                    INVITE sip:callee@\(server):5060 SIP/2.0
                    \(via)
                    Max-Forwards: 70
                    From: "A telephone" <sip:phone@\(phone)>;tag=f\(call)
                    To: <sip:callee@\(server):5060>
                    Call-ID: c\(call)-6f1c2d@telephone
                    CSeq: 2 INVITE
                    Contact: <sip:phone@\(phone)>
                    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE
                    User-Agent: A telephone (laboratory), version 1.0
                    Content-Type: application/sdp
                    """, body: description(address, media), values)
        case .answer:
            MessageText(
                head: """
                    SIP/2.0 200 OK
                    \(viaAnswered)
                    From: "A telephone" <sip:phone@\(phone)>;tag=f\(call)
                    To: <sip:callee@\(server):5060>;tag=t\(call)
                    Call-ID: c\(call)-6f1c2d@telephone
                    CSeq: 2 INVITE
                    Contact: <sip:callee@\(server):5060>
                    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE
                    Server: A server (lab), version 1.0
                    Content-Type: application/sdp
                    """, body: description(server, "30000"), values)
        case .bye:
            MessageText(
                head: """
                    BYE sip:callee@\(server):5060 SIP/2.0
                    \(via)
                    Max-Forwards: 70
                    From: "A telephone" <sip:phone@\(phone)>;tag=f\(call)
                    To: <sip:callee@\(server):5060>;tag=t\(call)
                    Call-ID: c\(call)-6f1c2d@telephone
                    CSeq: 3 BYE
                    User-Agent: A telephone (laboratory), version 1.0
                    """, body: "", values)
        case .ended:
            MessageText(
                head: """
                    SIP/2.0 200 OK
                    \(viaAnswered)
                    From: "A telephone" <sip:phone@\(phone)>;tag=f\(call)
                    To: <sip:callee@\(server):5060>;tag=t\(call)
                    Call-ID: c\(call)-6f1c2d@telephone
                    CSeq: 3 BYE
                    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE
                    Server: A server (lab), version 1.0
                    """, body: "", values)
        }
    }

    private var server: String { CallMessage.server }
    private var address: String { MessageText.Field.address.mark }
    private var port: String { MessageText.Field.port.mark }
    private var media: String { MessageText.Field.media.mark }
    private var call: String { MessageText.Field.call.mark }
    private var phone: String { "\(address):\(port)" }

    private var via: String { "Via: SIP/2.0/UDP \(phone);branch=z9hG4bK\(rawValue / 2)\(call);rport" }

    /// As the server returns it: with where the request came from (RFC 3581).
    private var viaAnswered: String { "\(via)=\(port);received=\(address)" }

    private func description(_ address: String, _ media: String) -> String {
        """
        v=0
        o=phone 53655765 2353687637 IN IP4 \(address)
        s=-
        c=IN IP4 \(address)
        t=0 0
        m=audio \(media) RTP/AVP 0 8 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-16
        a=ptime:20
        a=sendrecv

        """
    }
}
