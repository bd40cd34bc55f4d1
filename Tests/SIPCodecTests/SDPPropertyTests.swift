import SIPCodec
import TestSupport
import Testing
import WireFormats

/// What holds for any bytes, checked with the golden texts, damaged at random.
@Suite struct SDPPropertyTests {
    @Test func `The lines are those that a plain reading finds, in damaged session descriptions`() {
        var random = Random()
        for _ in 0..<4_000 {
            let row = SDPReaderTests.rows.randomElement(using: &random)!
            let description = damaged(bytes(row.description), &random)
            let range = part(of: description, &random)
            let found = lines(description, range).map { Found($0.kind, $0.range) }
            let plain = plainLines(description, range)
            #expect(found == plain, "seed \(random.seed): \(description) \(range)")
        }
    }

    @Test
    func `Every range lies in its line, and what is read from it alone is the same, in damaged session descriptions`() {
        var random = Random()
        for _ in 0..<4_000 {
            let row = SDPReaderTests.rows.randomElement(using: &random)!
            let description = damaged(bytes(row.description), &random)
            let range = part(of: description, &random)
            for line in lines(description, range) {
                let inside =
                    line.range.lowerBound >= range.lowerBound && line.range.upperBound <= range.upperBound
                    && line.value.lowerBound >= line.range.lowerBound + 2
                    && line.value.upperBound <= line.range.upperBound
                #expect(inside, "seed \(random.seed): \(description) \(line)")
                let alone = Array(description[line.range])
                let same = items(alone) == [item(description, line)]
                #expect(same, "seed \(random.seed): \(alone)")
                for number in numbers(description, line) {
                    #expect(
                        Int(text(description, number.range)) == number.value, "seed \(random.seed): \(alone) \(number)")
                }
            }
        }
    }

    @Test func `Addresses are the same, whether they are known or not`() {
        let known = KnownEndpoints(
            KnownEndpoint(Endpoint(IPv4Address(10, 0, 0, 1), 5060)),
            KnownEndpoint(Endpoint(IPv4Address(203, 0, 113, 10), 1)))
        let pieces = [
            "a", "1", " ", "  ", "\t", "IN", "in", "IP4", "IP6", "10.0.0.1", "110.0.0.1", "10.0.0.10", "203.0.113.10",
            "/127", "10", "x.example",
        ]
        var random = Random()
        for _ in 0..<50_000 {
            let address = ["10.0.0.1", "203.0.113.10"].randomElement(using: &random)!
            var parts = ["a", " ", "1", " ", "2", " ", "IN", " ", "IP4", " ", address]
            if Bool.random(using: &random) { parts.removeFirst(6) }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<parts.count, using: &random)
                if Bool.random(using: &random), parts.count > 1 { parts.remove(at: place) }
                if Bool.random(using: &random) {
                    parts.insert(pieces.randomElement(using: &random)!, at: min(place, parts.count))
                }
            }
            let before = Bool.random(using: &random) ? "o=" : ""
            let after = Bool.random(using: &random) ? "\r\nm=audio 49170 RTP/AVP 0" : ""
            let text = bytes(before + parts.joined() + after)
            let value = before.utf8.count..<text.count - after.utf8.count
            let span = text.span.bytes
            let origins = [SDPOrigin(span, value, known: known), SDPOrigin(span, value)]
            let connections = [SDPConnection(span, value, known: known), SDPConnection(span, value)]
            let origin = origins.map { $0.map { written(text, $0.address) } }
            let connection = connections.map { $0.map { "\(written(text, $0.address)) \($0.suffix)" } }
            #expect(origin[0] == origin[1], "seed \(random.seed): \(parts)")
            #expect(connection[0] == connection[1], "seed \(random.seed): \(parts)")
        }
    }

    @Test func `Parts lie in the body, apart and in order, in damaged multipart bodies`() {
        var random = Random()
        for _ in 0..<4_000 {
            let row = SDPBodiesTests.rows.randomElement(using: &random)!
            let start = row.type.utf8.count
            let all = bytes(row.type) + damaged(bytes(row.body), &random)
            var bodies = SDPBodies(all.span.bytes, body: start..<all.count, contentType: 0..<start)
            var last = start
            while let body = bodies.next(in: all.span.bytes) {
                #expect(
                    body.range.lowerBound >= last && body.range.upperBound <= all.count, "seed \(random.seed): \(all)")
                last = body.range.upperBound
                for length in [body.part?.contentLength, body.outerPart?.contentLength].compactMap({ $0 }) {
                    let written = UInt64(text(all, length.range))
                    let same = written.map { UInt32(clamping: $0) } ?? .max == length.value
                    #expect(same, "seed \(random.seed): \(all)")
                }
            }
        }
    }

    @Test func `Any parts are read back as they were put together`() {
        var random = Random()
        for _ in 0..<2_000 {
            let boundary = String(
                (0..<Int.random(in: 1...70, using: &random)).map { _ in "aZ9-'".randomElement(using: &random)! })
            let parts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 0...80, using: &random)).map { _ in
                    UInt8(ascii: "\r\n-a:".unicodeScalars.randomElement(using: &random)!)
                }
            }
            // A part that holds a delimiter is two parts.
            if parts.contains(where: { text($0, 0..<$0.count).contains("--" + boundary) }) { continue }
            var body: [UInt8] = []
            for part in parts { body += bytes("--\(boundary)\r\nContent-Type: a/b\r\n\r\n") + part + bytes("\r\n") }
            let all = bytes(boundary) + body + bytes("--\(boundary)--\r\n--\(boundary)\r\n")
            var reader = MultipartReader(boundary: 0..<boundary.utf8.count, body: boundary.utf8.count..<all.count)
            var found: [[UInt8]] = []
            while let part = reader.next(in: all.span.bytes) { found.append(Array(all[part.body])) }
            #expect(found == parts, "seed \(random.seed)")
        }
    }

    /// A kind of line, and where one stands.
    private struct Found: Equatable {
        let kind: SDPLine.Kind
        let range: Range<Int>

        init(_ kind: SDPLine.Kind, _ range: Range<Int>) {
            self.kind = kind
            self.range = range
        }
    }

    /// The names of attributes as RFCs spell them; those that begin with "ice-" apart.
    private static let attributes: [String: SDPLine.Kind] = [
        "rtcp": .rtcp, "rtcp-mux": .rtcpMux, "rtcp-mux-only": .rtcpMuxOnly, "rtpmap": .rtpmap, "candidate": .candidate,
        "remote-candidates": .remoteCandidates, "end-of-candidates": .endOfCandidates, "ice-lite": .iceLite,
        "sendrecv": .sendReceive, "sendonly": .sendOnly, "recvonly": .receiveOnly, "inactive": .inactive,
        "setup": .setup, "bundle-only": .bundleOnly, "mid": .mid, "crypto": .crypto, "fingerprint": .fingerprint,
        "path": .path, "msrp-cema": .cema,
    ]

    /// The lines read without regard to speed.
    private func plainLines(_ bytes: [UInt8], _ range: Range<Int>) -> [Found] {
        var found: [Found] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = bytes[start..<range.upperBound].firstIndex(of: 10).map { $0 + 1 } ?? range.upperBound
            var line = bytes[start..<end]
            if line.last == 10 { line.removeLast() }
            if line.count < bytes[start..<end].count, line.last == 13 { line.removeLast() }
            if line.count >= 2, line[start + 1] == 0x3D, let kind = plainKind(line[start], Array(line.dropFirst(2))) {
                found.append(Found(kind, start..<end))
            }
            start = end
        }
        return found
    }

    private func plainKind(_ letter: UInt8, _ value: [UInt8]) -> SDPLine.Kind? {
        switch letter {
        case 0x6F: return .origin
        case 0x63: return .connection
        case 0x6D: return .media
        case 0x61:
            let name = value.prefix { $0 != 0x3A && $0 > 0x20 }
            let rest = value.dropFirst(name.count)
            let spelt = String(decoding: name, as: UTF8.self).lowercased()
            if spelt == "group" {
                let argument = rest.dropFirst(rest.first == 0x3A ? 1 : 0).drop { [9, 10, 13, 32].contains($0) }
                let semantics = argument.prefix { $0 > 0x20 }
                return String(decoding: semantics, as: UTF8.self).lowercased() == "bundle" ? .bundle : nil
            }
            return Self.attributes[spelt] ?? (spelt.hasPrefix("ice-") && name.count <= 17 ? .ice : nil)
        default: return nil
        }
    }

    /// The numbers in a line, and where they stand.
    private func numbers(_ bytes: [UInt8], _ line: SDPLine) -> [(value: Int, range: Range<Int>)] {
        let span = bytes.span.bytes
        let ports: [SDPPort?] =
            switch line.kind {
            case .media: [SDPMedia(span, line.value)?.port]
            case .rtcp: [SDPControlPort(span, line.value)?.port]
            case .candidate:
                [SDPCandidate(span, line.value)?.port, SDPCandidate(span, line.value)?.relatedPort]
            default: []
            }
        return ports.compactMap { $0 }.map { (Int($0.number), $0.range) }
    }

    /// Bytes changed, taken out, put in and repeated at random places.
    private func damaged(_ original: [UInt8], _ random: inout Random) -> [UInt8] {
        var text = original
        for _ in 0..<Int.random(in: 0...6, using: &random) where !text.isEmpty {
            let place = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: text[place] = UInt8.random(in: 0 ... .max, using: &random)
            case 1: text.remove(at: place)
            case 2: text.insert(Array(" \r\n:=/.-0919am".utf8).randomElement(using: &random)!, at: place)
            case 3: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...20, using: &random)))
            default:
                let end = min(text.count, place + Int.random(in: 1...20, using: &random))
                text.insert(contentsOf: text[place..<end], at: Int.random(in: 0...text.count, using: &random))
            }
        }
        return text
    }

    /// Most often all of a text, else any part of it.
    private func part(of text: [UInt8], _ random: inout Random) -> Range<Int> {
        if Bool.random(using: &random) { return 0..<text.count }
        let start = Int.random(in: 0...text.count, using: &random)
        return start..<Int.random(in: start...text.count, using: &random)
    }
}
