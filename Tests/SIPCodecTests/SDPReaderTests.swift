import SIPCodec
import TestSupport
import Testing

@Suite struct SDPReaderTests {
    /// A session description, and what a gateway reads in it.
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let description: String
        let items: [String]
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "RFC 3264 section 10.1: an offer of audio and two videos",
            description: sdp(
                "v=0", "o=alice 2890844526 2890844526 IN IP4 host.anywhere.com", "s=", "c=IN IP4 host.anywhere.com",
                "t=0 0", "m=audio 49170 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "m=video 51372 RTP/AVP 31",
                "a=rtpmap:31 H261/90000", "m=video 53000 RTP/AVP 32", "a=rtpmap:32 MPV/90000"),
            items: [
                "origin name host.anywhere.com", "connection name host.anywhere.com",
                "media audio 49170 rtp RTP/AVP", "rtpmap 0 8000", "media video 51372 rtp RTP/AVP", "rtpmap 31 90000",
                "media video 53000 rtp RTP/AVP", "rtpmap 32 90000",
            ]),
        Row(
            name: "RFC 3264 section 10.1: an answer that refuses a video",
            description: sdp(
                "v=0", "o=bob 2890844730 2890844730 IN IP4 host.example.com", "s=", "c=IN IP4 host.example.com",
                "t=0 0", "m=audio 49920 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "m=video 0 RTP/AVP 31",
                "m=video 53000 RTP/AVP 32", "a=rtpmap:32 MPV/90000"),
            items: [
                "origin name host.example.com", "connection name host.example.com", "media audio 49920 rtp RTP/AVP",
                "rtpmap 0 8000", "media video 0 rtp RTP/AVP", "media video 53000 rtp RTP/AVP", "rtpmap 32 90000",
            ]),
        Row(
            name: "RFC 8866 section 5: multicast, and a connection of its own for the second media",
            description: sdp(
                "v=0", "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1", "s=Call to John Smith",
                "i=SDP Offer #1", "u=http://www.jdoe.example.com/home.html", "e=Jane Doe <jane@jdoe.example.com>",
                "p=+1 617 555-6011", "c=IN IP4 198.51.100.1", "t=0 0", "m=audio 49170 RTP/AVP 0",
                "m=audio 49180 RTP/AVP 0", "m=video 51372 RTP/AVP 99", "c=IN IP6 2001:db8::2",
                "a=rtpmap:99 h263-1998/90000"),
            items: [
                "origin ipv4 198.51.100.1", "connection ipv4 198.51.100.1", "media audio 49170 rtp RTP/AVP",
                "media audio 49180 rtp RTP/AVP", "media video 51372 rtp RTP/AVP", "connection ipv6 2001:db8::2",
                "rtpmap 99 90000",
            ]),
        Row(
            name: "RFC 8866 section 6.6: a=rtpmap with encoding parameters, and what is none",
            description: sdp(
                "a=rtpmap:97 L16/8000", "a=rtpmap:98 L16/11025/2", "a=RTPMAP: 127  opus/48000/2 ", "a=rtpmap:128 x/1",
                "a=rtpmap:0 PCMU", "a=rtpmap:0 PCMU/", "a=rtpmap:0", "a=rtpmap", "a=rtpmap:0 x/99999999999/1"),
            items: [
                "rtpmap 97 8000", "rtpmap 98 11025", "rtpmap 127 48000", "rtpmap?", "rtpmap?", "rtpmap?", "rtpmap?",
                "rtpmap?", "rtpmap 0 4294967295",
            ]),
        Row(
            name: "RFC 8866 section 5.7: multicast addresses with time to live and count",
            description: sdp(
                "c=IN IP4 233.252.0.1/127", "c=IN IP4 233.252.0.1/127/3", "c=IN IP6 ff00::db8:0:101/3",
                "m=video 49170/2 RTP/AVP 31"),
            items: [
                "connection ipv4 233.252.0.1 suffix 127", "connection ipv4 233.252.0.1 suffix 127/3",
                "connection ipv6 ff00::db8:0:101 suffix 3", "media video 49170/2 rtp RTP/AVP",
            ]),
        Row(
            name: "RFC 3605 section 2.1: a=rtcp with and without an address",
            description: sdp(
                "m=audio 49170 RTP/AVP 0", "a=rtcp:53020", "m=audio 49170 RTP/AVP 0",
                "a=rtcp:53020 IN IP4 126.16.64.4", "m=audio 49170 RTP/AVP 0",
                "a=rtcp:53020 IN IP6 2001:2345:6789:ABCD:EF01:2345:6789:ABCD"),
            items: [
                "media audio 49170 rtp RTP/AVP", "rtcp 53020", "media audio 49170 rtp RTP/AVP",
                "rtcp 53020 ipv4 126.16.64.4", "media audio 49170 rtp RTP/AVP",
                "rtcp 53020 ipv6 2001:2345:6789:ABCD:EF01:2345:6789:ABCD",
            ]),
        Row(
            name: "RFC 8839 section 4.6 and 5.1: an offer with host and server-reflexive candidates",
            description: sdp(
                "v=0", "o=jdoe 2890844526 2890842807 IN IP6 2001:db8::1", "s=", "c=IN IP4 192.0.2.3", "t=0 0",
                "a=ice-options:ice2", "a=ice-pacing:50", "a=ice-pwd:asd88fgpdd777uzjYhagZg", "a=ice-ufrag:8hhY",
                "m=audio 45664 RTP/AVP 0", "b=RS:0", "b=RR:0", "a=rtpmap:0 PCMU/8000",
                "a=candidate:1 1 UDP 2130706431 2001:db8::1 8998 typ host",
                "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998"),
            items: [
                "origin ipv6 2001:db8::1", "connection ipv4 192.0.2.3", "ice ice2", "ice 50",
                "ice asd88fgpdd777uzjYhagZg", "ice 8hhY", "media audio 45664 rtp RTP/AVP",
                "rtpmap 0 8000",
                "candidate 1 1 udp 2130706431 ipv6 2001:db8::1 8998 host",
                "candidate 2 1 udp 1694498815 ipv4 192.0.2.3 45664 serverReflexive raddr ipv4 203.0.113.141 rport 8998",
            ]),
        Row(
            name: "RFC 8839 section 5: lite, remote candidates, the end of candidates, a mismatch",
            description: sdp(
                "a=ice-lite", "m=audio 1 UDP/TLS/RTP/SAVPF 0", "a=remote-candidates:1 192.0.2.3 45664",
                "a=ice-mismatch",
                "a=end-of-candidates",
                "a=candidate:abc+/9 2 tcp 4294967295 0aa1b2c3-1111-2222-3333-444455556666.local 9 typ host tcptype active",
                "a=candidate:3 256 sctp 0 10.0.0.1 0 typ relay raddr 10.0.0.9 rport 65535 generation 0 network-id 1",
                "a=candidate:4 1 udp 1 10.0.0.1 1 typ prflx rport 70000 raddr x|y",
                "a=candidate:4 1 udp 1 ::1 1 typ new"),
            items: [
                "iceLite", "media audio 1 rtp UDP/TLS/RTP/SAVPF", "remoteCandidates 1 192.0.2.3 45664", "ice",
                "endOfCandidates",
                "candidate abc+/9 2 tcp 4294967295 name 0aa1b2c3-1111-2222-3333-444455556666.local 9 host",
                "candidate 3 256 other 0 ipv4 10.0.0.1 0 relayed raddr ipv4 10.0.0.9 rport 65535",
                "candidate 4 1 udp 1 ipv4 10.0.0.1 1 peerReflexive", "candidate 4 1 udp 1 ipv6 ::1 1 other",
            ]),
        Row(
            name: "RFC 8843 section 18.3: an offer that bundles, with a media that is only bundled",
            description: sdp(
                "v=0", "o=alice 2890844526 2890844526 IN IP6 2001:db8::3", "s=", "c=IN IP6 2001:db8::3", "t=0 0",
                "a=group:BUNDLE foo bar zen", "a=group:LS foo bar", "m=audio 10000 RTP/AVP 0 8 97", "b=AS:200",
                "a=mid:foo", "a=rtcp-mux", "a=rtpmap:0 PCMU/8000", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
                "m=video 10002 RTP/AVP 31 32", "a=mid:bar", "a=rtcp-mux", "a=rtcp-mux-only",
                "m=video 0 RTP/AVP 66", "a=mid:zen", "a=bundle-only", "a=rtcp-fb:66 nack pli"),
            items: [
                "origin ipv6 2001:db8::3", "connection ipv6 2001:db8::3", "bundle BUNDLE foo bar zen",
                "media audio 10000 rtp RTP/AVP", "mid foo", "rtcpMux", "rtpmap 0 8000", "media video 10002 rtp RTP/AVP",
                "mid bar", "rtcpMux", "rtcpMuxOnly", "media video 0 rtp RTP/AVP", "mid zen", "bundleOnly",
            ]),
        Row(
            name: "RFC 4975: MSRP, directly, through relays, and to an IPv6 address",
            description: sdp(
                "c=IN IP4 atlanta.example.com", "m=message 7654 TCP/MSRP *", "a=accept-types:text/plain", "a=msrp-cema",
                "a=path:msrp://atlanta.example.com:7654/jshA7weztas;tcp", "m=message 2855 TCP/TLS/MSRP *",
                "a=setup:actpass",
                "a=path:msrps://relay.example.net:9000/x;tcp msrps://bob@[2001:db8::7]:8888/9di4ea;tcp "
                    + "msrp://10.1.1.1/s;tcp msrp://10.1.1.2;tcp MSRP://10.1.1.3:12763 msrp://10.1.1.4:65536"),
            items: [
                "connection name atlanta.example.com", "media message 7654 tcp TCP/MSRP", "cema",
                "path name atlanta.example.com:7654 = 7654", "media message 2855 tcp TCP/TLS/MSRP", "setup either",
                "path name relay.example.net:9000 = 9000, ipv6 [2001:db8::7]:8888 = 8888, ipv4 10.1.1.1, "
                    + "ipv4 10.1.1.2, ipv4 10.1.1.3:12763 = 12763, name 10.1.1.4:65536",
            ]),
        Row(
            name: "T.38, BFCP and data channels",
            description: sdp(
                "m=image 5004 udptl t38", "a=T38FaxVersion:0", "m=image 5004 UDPTL t38",
                "m=image 5006 UDP/TLS/UDPTL t38",
                "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "m=application 9 DTLS/SCTP 5000",
                "m=application 50000 TCP/TLS/BFCP *", "a=setup:passive", "a=connection:new", "m=audio 9 TCP/RTP/AVP 0",
                "a=setup:active", "m=x 7 TCP *", "a=setup:holdconn", "m=x 7 UDP *", "m=audio 7 RTP/SAVP 0",
                "m=audio 7 UDP/RTP/AVP 0", "m=audio 7 DCCP/RTP/AVP 0", "m=x 7 TCPX/Y 0", "m=x 7 UDPTLX 0"),
            items: [
                "media image 5004 udp udptl", "media image 5004 udp UDPTL", "media image 5006 udp UDP/TLS/UDPTL",
                "media application 9 udp UDP/DTLS/SCTP", "media application 9 udp DTLS/SCTP",
                "media application 50000 tcp TCP/TLS/BFCP", "setup passive", "media audio 9 rtpOverTCP TCP/RTP/AVP",
                "setup active", "media x 7 tcp TCP", "setup hold", "media x 7 udp UDP", "media audio 7 rtp RTP/SAVP",
                "media audio 7 rtp UDP/RTP/AVP", "media audio 7 other DCCP/RTP/AVP", "media x 7 other TCPX/Y",
                "media x 7 other UDPTLX",
            ]),
        Row(
            name: "RFC 3264 section 8.4: every way to hold a call",
            description: sdp(
                "c=IN IP4 0.0.0.0", "a=sendonly", "m=audio 5000 RTP/AVP 0", "a=inactive", "m=audio 5002 RTP/AVP 0",
                "a=recvonly", "m=audio 5004 RTP/AVP 0", "c=IN IP4 0.0.0.0", "a=sendrecv"),
            items: [
                "connection ipv4 0.0.0.0", "sendOnly", "media audio 5000 rtp RTP/AVP", "inactive",
                "media audio 5002 rtp RTP/AVP", "receiveOnly", "media audio 5004 rtp RTP/AVP",
                "connection ipv4 0.0.0.0", "sendReceive",
            ]),
        Row(
            name: "Keys and fingerprints are told, to be left alone",
            description: sdp(
                "m=audio 5000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQ|2^20|1:4",
                "a=fingerprint:SHA-1 4A:AD:B9:B1", "a=fingerprints:x", "a=cryptos:x"),
            items: [
                "media audio 5000 rtp RTP/SAVP", "crypto 1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQ|2^20|1:4",
                "fingerprint SHA-1 4A:AD:B9:B1",
            ]),
        Row(
            name: "A lone LF ends a line, the last line has no end, other lines are passed over",
            description:
                "v=0\no=- 1 1 IN IP4 10.0.0.1\n\nrubbish\nx=y\r\nc=IN IP4 10.0.0.1\rc=\nM=a 1 b c\n=\nm\nm=\na=\n"
                + "m=audio 5000 RTP/AVP 0",
            items: ["origin ipv4 10.0.0.1", "connection?", "media?", "media audio 5000 rtp RTP/AVP"]),
        Row(
            name: "White space more than there should be, user names with spaces, names in capitals",
            description:
                "o=Cisco SIP UA 1 1 IN IP4 10.0.0.1 \r\nc= IN  IP4\t10.0.0.1  \r\nm=  audio  5000  RTP/AVP  0 \r\n"
                + "a=rtcp: 5001 \r\na=RTCP:5001 in ip4 10.0.0.1\r\na=SendOnly \r\na=Rtcp-Mux\r\na=ICE-LITE\r\n",
            items: [
                "origin ipv4 10.0.0.1", "connection ipv4 10.0.0.1", "media audio 5000 rtp RTP/AVP", "rtcp 5001",
                "rtcp 5001 ipv4 10.0.0.1", "sendOnly", "rtcpMux", "iceLite",
            ]),
        Row(
            name: "What is behind the session description is no line of it",
            description: "c=IN IP4 10.0.0.1\r\n\u{0}\u{0}\u{FF}c=IN IP4 10.0.0.2\r\n\u{0}m=audio 1 RTP/AVP 0",
            items: ["connection ipv4 10.0.0.1"]),
        Row(name: "Nothing", description: "", items: []),
    ]

    @Test("What a gateway reads in a session description, in order", arguments: rows)
    func golden(row: Row) {
        #expect(items(row.description) == row.items)
    }

    @Test("It is read alike with LF for CR LF, and where it stands among other bytes", arguments: rows)
    func alike(row: Row) {
        let feeds = row.description.replacing("\r\n", with: "\n")
        #expect(items(feeds) == row.items)
        let before = bytes("Content-Length: 9\r\n\r\nc=IN IP4")
        let inside = bytes(row.description)
        for after in ["", "\n", " 10.0.0.9/1", String(repeating: "a=sendonly\r\n", count: 5)] {
            let stream = before + inside + bytes(after)
            #expect(items(stream, before.count..<before.count + inside.count) == row.items)
        }
    }

    @Test("Lines of rtpmap are passed over if the reader is told so, and no others", arguments: rows)
    func withoutRTPMaps(row: Row) {
        let text = bytes(row.description)
        var reader = SDPReader(0..<text.count)
        reader.skipsRTPMaps = true
        var found: [String] = []
        while let line = reader.next(in: text.span.bytes) { found.append(item(text, line)) }
        #expect(found.filter { !$0.hasPrefix("rtpmap") } == row.items.filter { !$0.hasPrefix("rtpmap") })
        // One without a colon, which says nothing, may still be given.
        #expect(!found.contains { $0.hasPrefix("rtpmap ") })
    }

    @Test func `A line is given with its end, so that it can be taken out`() {
        let offer = bytes("v=0\r\na=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\na=ice-ufrag:x\na=mid:1\r\na=ice-pwd:y")
        var rest: [UInt8] = []
        var copied = 0
        for line in lines(offer, 0..<offer.count) where line.kind == .candidate || line.kind == .ice {
            rest += offer[copied..<line.range.lowerBound]
            copied = line.range.upperBound
        }
        #expect(rest + offer[copied...] == bytes("v=0\r\na=mid:1\r\n"))
    }

    @Test(
        "A name that only begins like one, or goes on, is not taken for it",
        arguments: [
            "rtc", "rtcp-", "rtcp-m", "rtcp-fb", "rtcp-mux-", "rtcp-mux-onl", "rtcp-mux-only2", "rtcp-rsize",
            "candidat",
            "candidates", "remote-candidate", "remote-candidates2", "end-of-candidat", "end-of-candidate",
            "end-of-candidatesx", "sendonly2", "sendonl", "sendrecvx", "recvonlyx", "inactive-", "setups", "setu",
            "groups", "group", "bundle-onl", "bundle-only-", "mi", "mids", "crypt", "fingerprin", "path2", "pat", "ice",
            "ic", "ptime", "msid", "ssrc", "rtpma", "rtpmaps", "",
        ])
    func neighbours(name: String) {
        for text in ["a=\(name)\r\n", "a=\(name):1\r\n", "a=\(name)", "a=\(name):", "a= \(name)"] {
            #expect(items(text) == [])
        }
    }

    @Test func `A description of a thousand lines is read to its end`() {
        let line = "a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\r\n"
        #expect(items(String(repeating: line, count: 1000)).count == 1000)
    }
}
