import TestSupport
import Testing
import WireFormats

@Suite struct ChecksumTests {
    /// RFC 1071 section 1, word by word and octet by octet: slow, and in network byte order.
    private func naive(_ bytes: some Collection<UInt8>) -> UInt16 {
        var sum = 0
        for (index, byte) in bytes.enumerated() {
            sum += index % 2 == 0 ? Int(byte) << 8 : Int(byte)
            if sum > 0xffff { sum -= 0xffff }
        }
        return ~UInt16(sum)
    }

    /// One of the numbers around which one's complement has its corners, or any other.
    private func word(_ random: inout Random) -> UInt16 {
        [0x0000, 0x0001, 0x7fff, 0x8000, 0xfffe, 0xffff, UInt16.random(in: 0 ... .max, using: &random)]
            .randomElement(using: &random)!
    }

    @Test func `The example of RFC 1071 section 3 has the sum given there`() {
        let bytes = octets("0001 f203 f4f5 f6f7")
        #expect(Checksum.finish(Checksum.sum(bytes.span.bytes, 0..<8)) == ~0xddf2)
    }

    @Test func `The sum of any range is that of RFC 1071's definition, added at once or in parts`() {
        var random = Random()
        for _ in 0..<4_000 {
            let bytes = random.bytes(Int.random(in: 0...600, using: &random))
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            let cut = start + Int.random(in: 0...(end - start) / 2, using: &random) * 2
            let whole = Checksum.sum(bytes.span.bytes, start..<end)
            let parts = Checksum.sum(
                bytes.span.bytes, cut..<end, onto: Checksum.sum(bytes.span.bytes, start..<cut))
            let expected = naive(bytes[start..<end])
            guard Checksum.finish(whole) == expected, Checksum.finish(parts) == expected else {
                Issue.record("\(bytes), \(start)..<\(end), cut at \(cut), seed \(random.seed)")
                return
            }
        }
    }

    @Test func `The longest packet of ones does not overflow`() {
        let bytes = [UInt8](repeating: 0xff, count: 65535)
        #expect(Checksum.finish(Checksum.sum(bytes.span.bytes, 0..<65535)) == naive(bytes))
    }

    @Test func `The pseudo header is that of RFC 9293 section 3·1`() {
        var random = Random()
        for _ in 0..<2_000 {
            let bytes = random.bytes(8)
            let length = UInt16.random(in: 0 ... .max, using: &random)
            let header = bytes + [0, 6, UInt8(length >> 8), UInt8(length & 0xff)]
            let sum = Checksum.pseudoHeader(
                bytes.span.bytes.address(at: 0), bytes.span.bytes.address(at: 4), protocol: 6, length: Int(length))
            #expect(Checksum.finish(sum) == naive(header), "\(header), seed \(random.seed)")
        }
    }

    @Test func `The example of RFC 1624 section 4 comes out as 0000, not ffff`() {
        #expect(Checksum.updated(0xdd2f, replacing: 0x5555 as UInt16, by: 0x3285) == 0x0000)
    }

    @Test func `An updated checksum is the one computed anew`() {
        var random = Random()
        for _ in 0..<50_000 {
            // RFC 1624 section 3: no header is all zeros, and the first word here stays what it is.
            var words = [UInt16.random(in: 1 ... .max, using: &random)]
            for _ in 1..<Int.random(in: 3...6, using: &random) { words.append(word(&random)) }
            func checksum() -> UInt16 { naive(words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }) }
            let before = checksum()
            let old = (words[1], words[2])
            let new = (word(&random), word(&random))

            words[1] = new.0
            let one = Checksum.updated(before, replacing: old.0, by: new.0)
            let oneAnew = checksum()

            words[2] = new.1
            let two = Checksum.updated(
                before, replacing: UInt32(old.0) << 16 | UInt32(old.1), by: UInt32(new.0) << 16 | UInt32(new.1))
            guard one == oneAnew, two == checksum() else {
                Issue.record("\(words), were \(old), seed \(random.seed)")
                return
            }
        }
    }
}
