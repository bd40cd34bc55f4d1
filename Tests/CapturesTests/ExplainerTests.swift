import Foundation
import Rewriting
import Testing
import WireFormats

@testable import Captures

struct ExplainerTests {
    private static let phone = "192.168.1.10:5060"
    private static let server = "198.51.100.9:5060"

    @Test("A call from inside: every changed line has its reason, and media open with the answer")
    func call() throws {
        let explanations = try explain { file in
            file.append(datagram(invite, from: Self.phone, to: Self.server))
            file.append(datagram(answer, from: Self.server, to: Self.phone))
        }
        #expect(explanations.map(\.frame) == [1, 2])
        let offer = explanations[0].observation
        let port = try #require(signalling(offer))
        #expect(
            offer.lines.map(\.before) == [
                "Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK1;rport", "Contact: <sip:alice@192.168.1.10:5060>",
                "Content-Length: 109", "o=alice 1 1 IN IP4 192.168.1.10", "c=IN IP4 192.168.1.10",
                "m=audio 4000 RTP/AVP 0",
            ])
        #expect(offer.lines[0].after == "Via: SIP/2.0/UDP 203.0.113.1:\(port);branch=z9hG4bK1;rport")
        #expect(offer.lines[1].after == "Contact: <sip:alice@203.0.113.1:\(port)>")
        #expect(
            offer.lines.map(\.reasons) == [
                [.via], [.contact], [.contentLength], [.origin], [.mediaAddress], [.mediaPort],
            ])
        let media = explanations[1].observation.openings
        #expect(media.count == 2)
        guard case .media(let inside, let translated, let outside, false)? = media.first else {
            Issue.record("no media: \(media)")
            return
        }
        #expect("\(inside)" == "192.168.1.10:4000" && "\(outside)" == "198.51.100.9:7000")
        #expect(offer.lines[5].after == "m=audio \(translated.port) RTP/AVP 0")
    }

    @Test(
        "What answers a phone's inside address is read as if it had gone to the public endpoint, and is undone exactly")
    func inverse() throws {
        let explanations = try explain { file in
            file.append(datagram(invite, from: Self.phone, to: Self.server))
            file.append(datagram(answer, from: Self.server, to: Self.phone))
        }
        let back = explanations[1].observation
        let port = try #require(signalling(explanations[0].observation))
        #expect(back.isAdapted && "\(back.destination)" == "203.0.113.1:\(port)")
        let via = "branch=z9hG4bK1;received="
        #expect(back.lines.map(\.before) == ["Via: SIP/2.0/UDP 203.0.113.1:\(port);\(via)203.0.113.1;rport=\(port)"])
        #expect(back.lines.map(\.after) == ["Via: SIP/2.0/UDP 192.168.1.10:5060;\(via)192.168.1.10;rport=5060"])
        #expect(back.lines.map(\.reasons) == [[.via, .source]])
    }

    @Test("A registration lets calls in for as long as it lasts, and afterwards strangers reach nobody")
    func registration() throws {
        let explanations = try explain { file in
            file.append(datagram(request("REGISTER", contact: Self.phone), from: Self.phone, to: Self.server))
            file.append(datagram(confirmation, from: Self.server, to: Self.phone))
            file.wait(3000)
            file.append(datagram(request("OPTIONS"), from: Self.server, to: Self.phone))
            file.wait(3000)
            file.append(datagram(request("OPTIONS"), from: Self.server, to: Self.phone))
        }
        #expect(explanations.map(\.frame) == [1, 2, 3, 4])
        #expect(explanations[1].observation.lines.last?.reasons == [.contact])
        #expect(explanations[2].observation.lines.map(\.reasons) == [[.requestURI]])
        #expect(explanations[3].observation.remarks.map(\.name) == ["dropSIPUnknown"])
    }

    @Test("SIP over TCP is read from the stream, cut and packed as it may be, and undone on the way back")
    func stream() throws {
        let (phone, server) = ("192.168.1.10:40000", Self.server)
        let text = (invite + request("OPTIONS")).replacing("UDP", with: "TCP")
        let reply = "\r\n\r\n" + answer.replacing("UDP", with: "TCP")
        let explanations = try explain { file in
            file.append(segment("", from: phone, to: server, sequence: 99, flags: 2))
            file.append(segment("", from: server, to: phone, sequence: 499, acknowledgement: 100, flags: 18))
            let parts = [text.utf8.prefix(300), text.utf8.dropFirst(300)].map { String($0)! }
            // The second part comes first.
            file.append(segment(parts[1], from: phone, to: server, sequence: 400, acknowledgement: 500))
            file.append(segment(parts[0], from: phone, to: server, sequence: 100, acknowledgement: 500))
            var sequence: UInt32 = 500
            for part in [reply.utf8.prefix(60), reply.utf8.dropFirst(60)].map({ String($0)! }) {
                file.append(segment(part, from: server, to: phone, sequence: sequence, acknowledgement: 1200))
                sequence += UInt32(part.utf8.count)
            }
            file.append(segment(reply, from: server, to: phone, sequence: sequence, acknowledgement: 1200))
        }
        #expect(explanations.map(\.frame) == [4, 4, 6, 7])
        #expect(explanations.allSatisfy { $0.observation.transport == .tcp })
        #expect(
            explanations[0].observation.lines.map(\.reasons) == [
                [.via], [.contact], [.contentLength], [.origin], [.mediaAddress], [.mediaPort],
            ])
        #expect(explanations[1].observation.title.hasPrefix("OPTIONS"))
        let back = explanations[2].observation
        #expect(back.isAdapted && back.lines.count == 1 && back.openings.count == 2)
        #expect(
            back.lines[0].after
                == "Via: SIP/2.0/TCP 192.168.1.10:5060;branch=z9hG4bK1;received=192.168.1.10;rport=40000")
        #expect(explanations[3].observation.lines == back.lines)
    }

    @Test("A message in fragments is explained once all of it has come, as if it had come whole")
    func fragments() throws {
        let packet = datagram(invite, from: Self.phone, to: Self.server)
        let whole = try explain { $0.append(packet) }[0].observation
        let explanations = try explain { file in
            for fragment in packet.fragments(of: 240) { file.append(fragment) }
        }
        #expect(explanations.map(\.observation) == [whole] && explanations.map(\.frame) == [2])
    }

    @Test("FTP: PORT is changed, the reply opens the pinhole, and PORT to another host is refused")
    func transfer() throws {
        let (client, server) = ("192.168.1.10:40000", "198.51.100.9:21")
        let commands = ["PORT 192,168,1,10,200,10\r\n", "PORT 10,9,9,9,200,10\r\n"]
        let replies = ["220 ready\r\n", "200 PORT command successful\r\n", "200 NOOP ok\r\n"]
        let explanations = try explain { file in
            file.append(segment("", from: client, to: server, sequence: 99, flags: 2))
            file.append(segment("", from: server, to: client, sequence: 499, acknowledgement: 100, flags: 18))
            var (said, replied): (UInt32, UInt32) = (100, 500)
            for turn in 0..<5 {
                let text = turn % 2 == 0 ? replies[turn / 2] : commands[turn / 2]
                if turn % 2 == 0 {
                    file.append(segment(text, from: server, to: client, sequence: replied, acknowledgement: said))
                    replied += UInt32(text.utf8.count)
                } else {
                    file.append(segment(text, from: client, to: server, sequence: said, acknowledgement: replied))
                    said += UInt32(text.utf8.count)
                }
            }
        }
        #expect(explanations.map(\.frame) == [4, 5, 6, 7])
        #expect(
            explanations.map { $0.observation.changes.map(\.reason) } == [
                [.announcement], [], [.refusal], [.refusalReply],
            ])
        guard case .pinhole(_, let to, let behind)? = explanations[1].observation.openings.first else {
            Issue.record("no pinhole")
            return
        }
        #expect("\(behind)" == "192.168.1.10:51210")
        #expect(explanations[0].observation.lines[0].after == "PORT 203,0,113,1,\(to.port / 256),\(to.port % 256)")
        #expect(explanations[2].observation.remarks.map(\.name) == ["refusedAddress"])
    }

    @Test("The same capture gives the same text, without colours, or with")
    func text() throws {
        let texts = try (0..<2).map { _ in
            try explain { $0.append(datagram(invite, from: Self.phone, to: Self.server)) }[0].text(isColoured: false)
        }
        #expect(texts[0] == texts[1])
        #expect(
            texts[0].hasPrefix("#1 2023-11-14 22:13:21.250000 UDP 192.168.1.10:5060 > 198.51.100.9:5060 from inside"))
        #expect(texts[0].contains("\n- c=IN IP4 192.168.1.10\n+ c=IN IP4 203.0.113.1\n    mediaAddress: "))
        let coloured = try explain { $0.append(datagram(invite, from: Self.phone, to: Self.server)) }[0]
            .text(isColoured: true)
        #expect(coloured.contains("\u{1b}[31m- c=IN IP4 192.168.1.10\u{1b}[0m\n\u{1b}[32m+ c="))
    }

    @Test("What a stranger has written does nothing to the terminal")
    func terminal() throws {
        let evil = invite.replacing("<sip:alice@192", with: "\"\u{1b}[2J\u{9b}1m\u{202e}\" <sip:alice@192")
        let text = try explain { $0.append(datagram(evil, from: Self.phone, to: Self.server)) }[0].text(
            isColoured: false)
        #expect(text.contains("\\u{1B}[2J"), "\(text)")
        #expect(!text.unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{9b}" || $0 == "\u{202e}" })
    }

    @Test("JSON is one object with lines, reasons, openings and remarks")
    func json() throws {
        let explanation = try explain { $0.append(datagram(invite, from: Self.phone, to: Self.server)) }[0]
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(explanation)) as? [String: Any])
        #expect(object["frame"] as? Int == 1 && object["service"] as? String == "sip")
        #expect(object["message"] as? String == "INVITE sip:bob@example.com SIP/2.0")
        #expect((object["changes"] as? [[String: Any]])?.count == 6)
        let opening = try #require((object["openings"] as? [[String: Any]])?.first)
        #expect(opening["kind"] as? String == "signalling" && opening["behind"] as? String == Self.phone)
    }

    @Test("Frames between two addresses of one side, and those cut short, are told of and not worked on")
    func leftOut() throws {
        var file = CaptureFile()
        file.append(datagram(invite, from: Self.phone, to: "192.168.1.11:5060"))
        file.append(datagram(invite, from: "203.0.113.1:5060", to: Self.server))
        file.append(datagram(invite, from: Self.phone, to: Self.server), cutTo: 100)
        var explainer = try Explainer(ObserverPlan.fixed) { $0.isPrivate }
        let explanations = try file.read { path in try explainer.explain(all: path) }
        #expect(explanations.isEmpty && explainer.counters.isEmpty)
        #expect(explainer.framesOfOneSide == 2 && explainer.framesCut == 1 && explainer.firstCut == 3)
    }

    @Test("A phone that waits for MSRP: its URI has a reason of its own, and its port is said to be open")
    func streams() throws {
        let message = "m=message 4000 TCP/MSRP *\r\na=setup:passive\r\na=path:msrp://192.168.1.10:4000/s;tcp\r\n"
        let body = description(of: "192.168.1.10", 4000).split(separator: "m=")[0] + message
        let explanations = try explain { file in
            file.append(datagram(invite(String(body)), from: Self.phone, to: Self.server))
        }
        let offer = try #require(explanations.first?.observation)
        #expect(offer.lines.suffix(2).map(\.reasons) == [[.mediaPort], [.mediaPath]])
        let ways = offer.openings.compactMap { opening -> Endpoint? in
            guard case .connections(let inside, let translated) = opening else { return nil }
            #expect("\(inside)" == "192.168.1.10:4000")
            return translated
        }
        #expect(ways.count == 1 && offer.lines.last?.after == "a=path:msrp://\(ways[0])/s;tcp")
        #expect(explanations[0].text(isColoured: false).contains("would await the other end's connections for media"))
        #expect(String(decoding: try JSONEncoder().encode(explanations[0]), as: UTF8.self).contains("\"connections\""))
    }

    @Test("Every reason has its words in both directions")
    func words() {
        for reason in Reason.allCases {
            for side in [Side.inside, .outside] { #expect(reason.text(from: side).count > 20) }
        }
    }

    // MARK: Messages

    private var invite: String { invite(description(of: "192.168.1.10", 4000)) }

    private func invite(_ body: String) -> String {
        """
        INVITE sip:bob@example.com SIP/2.0
        Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK1;rport
        From: <sip:alice@example.com>;tag=a
        To: <sip:bob@example.com>
        Call-ID: call
        CSeq: 1 INVITE
        Contact: <sip:alice@192.168.1.10:5060>
        Content-Type: application/sdp
        Content-Length: \(body.utf8.count)


        """.replacing("\n", with: "\r\n") + body
    }

    private var answer: String {
        let body = description(of: "198.51.100.9", 7000)
        return """
            SIP/2.0 200 OK
            Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK1;received=198.51.100.77;rport=61234
            From: <sip:alice@example.com>;tag=a
            To: <sip:bob@example.com>;tag=b
            Call-ID: call
            CSeq: 1 INVITE
            Contact: <sip:bob@198.51.100.9:5060>
            Content-Type: application/sdp
            Content-Length: \(body.utf8.count)


            """.replacing("\n", with: "\r\n") + body
    }

    private var confirmation: String {
        """
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 198.51.100.99:5060;branch=z9hG4bK2
        From: <sip:alice@example.com>;tag=a
        To: <sip:alice@example.com>;tag=b
        Call-ID: other
        CSeq: 1 REGISTER
        Contact: <sip:alice@192.168.1.10:5060>;expires=3600
        Content-Length: 0


        """.replacing("\n", with: "\r\n")
    }

    private func request(_ method: String, contact: String? = nil) -> String {
        """
        \(method) sip:alice@192.168.1.10:5060 SIP/2.0
        Via: SIP/2.0/UDP 198.51.100.99:5060;branch=z9hG4bK2
        From: <sip:alice@example.com>;tag=a
        To: <sip:alice@example.com>
        Call-ID: other
        CSeq: 1 \(method)
        \(contact.map { "Contact: <sip:alice@\($0)>\n" } ?? "")Content-Length: 0


        """.replacing("\n", with: "\r\n")
    }

    private func description(of address: String, _ port: Int) -> String {
        """
        v=0
        o=alice 1 1 IN IP4 \(address)
        s=-
        c=IN IP4 \(address)
        t=0 0
        m=audio \(port) RTP/AVP 0
        a=sendrecv

        """.replacing("\n", with: "\r\n")
    }

    private func signalling(_ observation: Observation) -> UInt16? {
        guard case .signalling(_, let translated)? = observation.openings.first else { return nil }
        return translated.port
    }

    private func explain(_ make: (inout CaptureFile) -> Void) throws -> [Explanation] {
        var file = CaptureFile()
        make(&file)
        var explainer = try Explainer(ObserverPlan.fixed) { $0.isPrivate }
        return try file.read { path in try explainer.explain(all: path) }
    }
}

extension ObserverPlan {
    fileprivate static var fixed: ObserverPlan {
        var plan = ObserverPlan(addresses: [IPv4Address(203, 0, 113, 1)])
        plan.seed = 1
        return plan
    }
}

extension Explainer {
    fileprivate mutating func explain(all path: String) throws -> [Explanation] {
        let capture = try Capture(contentsOf: path)
        var explanations: [Explanation] = []
        while let frame = try capture.next() { explanations += explain(frame) }
        return explanations
    }
}
