// What SIPp says: its scenarios, which are XML with keywords in brackets that it fills in.

/// The scenarios of a load of calls.
struct SIPScenarios: Sendable {
    /// A capture file, played by both.
    let sound: String
    /// How long the caller waits before it hangs up.
    let milliseconds: Int
    /// For how many milliseconds the callee answers repetitions of BYE; 0: not at all.
    let waiting: Int

    /// An INVITE of about 725 bytes, as phones send it.
    var caller: String {
        scenario(
            "caller",
            """
            \(send(#"retrans="500" start_rtd="1""#, """
                INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
                \(via)
                \(from)
                To: <sip:[service]@[remote_ip]:[remote_port]>
                Call-ID: [call_id]
                CSeq: 1 INVITE
                Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
                Max-Forwards: 70
                Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY
                User-Agent: SIPp of the laboratory
                Content-Type: application/sdp
                Content-Length: [len]

                \(description)
                """))
            <recv response="100" optional="true"/>
            <recv response="180" optional="true"/>
            <recv response="200" rtd="1" rrs="true"/>
            \(send("", inDialogue("1 ACK")))
            \(play)
            <pause milliseconds="\(milliseconds)"/>
            \(send(#"retrans="500""#, inDialogue("2 BYE")))
            <recv response="200"/>
            """)
    }

    /// SIPp takes an INVITE that comes again after the 200 for a mistake, unless it is awaited.
    var callee: String {
        scenario(
            "callee",
            """
            <recv request="INVITE" rrs="true"/>
            \(send("", reply("180 Ringing", tag: newTag) + "\n" + contact + "\nContent-Length: 0\n"))
            \(send(#"retrans="500""#, """
                \(reply("200 OK", tag: newTag))
                \(contact)
                Content-Type: application/sdp
                Content-Length: [len]

                \(description)
                """))
            <recv request="INVITE" optional="true"/>
            <recv request="ACK" optional="true" next="1"/>
            <recv request="BYE" next="2"/>
            <label id="1"/>
            \(play)
            <recv request="BYE"/>
            <label id="2"/>
            \(send("", reply("200 OK", tag: "") + "\nContent-Length: 0\n"))
            \(waiting > 0 ? "<timewait milliseconds=\"\(waiting)\"/>" : "")
            """)
    }

    var registration: String {
        scenario(
            "registration",
            """
            \(send(#"retrans="500""#, """
                REGISTER sip:[remote_ip] SIP/2.0
                \(via)
                From: <sip:[service]@[remote_ip]>;tag=[pid]r[call_number]
                To: <sip:[service]@[remote_ip]>
                Call-ID: [call_id]
                CSeq: 1 REGISTER
                \(contact)
                Max-Forwards: 70
                Expires: 600
                Content-Length: 0

                """))
            <recv response="200"/>
            """)
    }

    private let via = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport"
    private let from = "From: <sip:caller@[local_ip]:[local_port]>;tag=[pid]c[call_number]"
    private let contact = "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>"
    private let newTag = ";tag=[pid]s[call_number]"

    private let description = """
        v=0
        o=lab 53655765 2353687637 IN IP4 [local_ip]
        s=-
        c=IN IP4 [media_ip]
        t=0 0
        m=audio [auto_media_port] RTP/AVP 0 8 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-16
        a=ptime:20
        a=maxptime:150
        a=sendrecv

        """

    private func inDialogue(_ sequence: String) -> String {
        """
        \(sequence.split(separator: " ")[1]) [next_url] SIP/2.0
        \(via)
        [routes]
        \(from)
        To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
        Call-ID: [call_id]
        CSeq: \(sequence)
        Max-Forwards: 70
        Content-Length: 0

        """
    }

    private func reply(_ status: String, tag: String) -> String {
        """
        SIP/2.0 \(status)
        [last_Via:]
        [last_Record-Route:]
        [last_From:]
        [last_To:]\(tag)
        [last_Call-ID:]
        [last_CSeq:]
        """
    }

    private var play: String { #"<nop><action><exec play_pcap_audio="\#(sound)"/></action></nop>"# }

    private func send(_ attributes: String, _ message: String) -> String {
        "<send \(attributes)><![CDATA[\n\(message)\n]]></send>"
    }

    private func scenario(_ name: String, _ steps: String) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"\(name)\">\n\(steps)\n</scenario>\n"
    }
}
