// Fuzzes the reading of session descriptions. The first line of an input is a Content-Type, the rest is a body, which is
// read as that type says, and as a session description too. What must hold for any bytes is checked with preconditions.

import Fuzzing
import SIPCodec

@main
enum FuzzSDP {
    static func main() {
        fuzz { data, count in
            let bytes = UnsafeRawBufferPointer(start: data, count: count).bytes
            var start = 0
            while start < count && FuzzSDP.byte(bytes, start) != 10 { start += 1 }
            let body = min(start + 1, count)..<count
            FuzzSDP.checkBodies(bytes, body, contentType: 0..<start)
            FuzzSDP.checkDescription(bytes, body)
            return 0
        }
    }

    /// Session descriptions lie in the body, apart and in order, and so do the lengths before them.
    static func checkBodies(_ bytes: RawSpan, _ body: Range<Int>, contentType: Range<Int>) {
        var bodies = SDPBodies(bytes, body: body, contentType: contentType)
        var last = body.lowerBound
        while let found = bodies.next(in: bytes) {
            for part in [found.outerPart, found.part] {
                guard let length = part?.contentLength else { continue }
                precondition(part!.body.lowerBound >= length.range.upperBound, "a length behind the body")
                precondition(number(bytes, length.range) == Int(length.value), "a range that is not the length")
            }
            precondition(found.range.lowerBound >= last && found.range.upperBound <= body.upperBound, "out of order")
            last = found.range.upperBound
            checkDescription(bytes, found.range)
        }
    }

    /// Lines lie in the description, apart and in order, each with one LF at most, at its end.
    static func checkDescription(_ bytes: RawSpan, _ range: Range<Int>) {
        var reader = SDPReader(range)
        var last = range.lowerBound
        while let line = reader.next(in: bytes) {
            precondition(line.range.lowerBound >= last && line.range.upperBound <= range.upperBound, "out of order")
            last = line.range.upperBound
            for offset in line.range.dropLast() { precondition(byte(bytes, offset) != 10, "an LF was overlooked") }
            precondition(
                line.value.lowerBound >= line.range.lowerBound + 2 && line.value.upperBound <= line.range.upperBound,
                "a value outside of its line")
            checkLine(bytes, line)
            var alone = SDPReader(0..<line.range.count)
            precondition(alone.next(in: bytes.extracting(line.range))?.kind == line.kind, "neighbours changed a line")
        }
    }

    /// What a line says is what stands there.
    static func checkLine(_ bytes: RawSpan, _ line: SDPLine) {
        switch line.kind {
        case .origin: check(bytes, SDPOrigin(bytes, line.value)?.address, in: line)
        case .connection: check(bytes, SDPConnection(bytes, line.value)?.address, in: line)
        case .media:
            guard let media = SDPMedia(bytes, line.value) else { return }
            check(bytes, media.port, in: line)
            precondition(1...65535 ~= media.portCount && !media.transportText.isEmpty, "a media without a port")
        case .rtcp:
            let control = SDPControlPort(bytes, line.value)
            check(bytes, control?.port, in: line)
            check(bytes, control?.address, in: line)
        case .candidate:
            guard let candidate = SDPCandidate(bytes, line.value) else { return }
            check(bytes, candidate.address, in: line)
            check(bytes, candidate.port, in: line)
            check(bytes, candidate.relatedAddress, in: line)
            check(bytes, candidate.relatedPort, in: line)
            precondition(1...256 ~= candidate.component, "a component that is none")
        case .rtpmap: precondition(SDPRTPMap(bytes, line.value)?.payloadType ?? 0 <= 127, "a payload type that is none")
        case .setup: _ = SDPSetup(bytes, line.value)
        case .path:
            var path = SDPPath(line.value)
            while let hop = path.next(in: bytes) {
                precondition(
                    hop.range.lowerBound > line.value.lowerBound && hop.portRange.upperBound <= line.value.upperBound,
                    "a host outside of its line")
            }
        default: break
        }
    }

    static func check(_ bytes: RawSpan, _ address: SDPAddress?, in line: SDPLine) {
        guard let address else { return }
        checkRange(address.range, in: line)
        guard case .ipv4(let value) = address.kind else { return }
        let written = (0..<4).map { String(value.octet($0)) }.joined(separator: ".")
        precondition(Array(written.utf8) == address.range.map { byte(bytes, $0) }, "a range that is not the address")
    }

    static func check(_ bytes: RawSpan, _ port: SDPPort?, in line: SDPLine) {
        guard let port else { return }
        checkRange(port.range, in: line)
        precondition(number(bytes, port.range) == Int(port.number), "a range that is not the port")
    }

    static func checkRange(_ range: Range<Int>, in line: SDPLine) {
        precondition(
            range.lowerBound >= line.value.lowerBound && range.upperBound <= line.value.upperBound && !range.isEmpty,
            "a range outside of its line")
    }

    /// The number in `range`, of any length; what is above 2^32 - 1 is that. Nil when there is anything but digits.
    static func number(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        var value = 0
        for offset in range {
            guard 48...57 ~= byte(bytes, offset) else { return nil }
            value = min(value * 10 + Int(byte(bytes, offset) - 48), Int(UInt32.max))
        }
        return range.isEmpty ? nil : value
    }

    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
