import TextFormats
import WireFormats

/// What takes the place of a range: an address, a port, or both, made in registers and kept as three words, since memory of
/// its own would have to be written and read byte by byte.
///
/// Invariant: of each word so many octets count as `counts` says, the first in the lowest bits.
struct SpliceText: BitwiseCopyable {
    /// Two octets of an address and their dots, the other two, and a port with its colon.
    private var words = [3 of UInt64](repeating: 0)
    private var counts = [3 of UInt8](repeating: 0)

    /// Nothing.
    @_noLocks
    init() {}

    /// A number.
    @_noLocks
    init(_ number: UInt16) { setLast(number, isPort: false) }

    /// An address.
    @_noLocks
    init(_ address: IPv4Address) {
        let (first, firstCount) = SpliceText.octet(address.value >> 24)
        let (second, secondCount) = SpliceText.octet(address.value >> 16)
        let (third, thirdCount) = SpliceText.octet(address.value >> 8)
        let (fourth, fourthCount) = SpliceText.octet(address.value)
        words[0] = first | second &<< (8 &* firstCount)
        counts[0] = UInt8(truncatingIfNeeded: firstCount &+ secondCount)
        words[1] = third | fourth &<< (8 &* thirdCount)
        counts[1] = UInt8(truncatingIfNeeded: thirdCount &+ fourthCount &- 1)
    }

    /// `address:port`.
    @_noLocks
    init(_ endpoint: Endpoint) {
        self.init(endpoint.address)
        setLast(endpoint.port, isPort: true)
    }

    /// The address alone of an endpoint.
    var withoutPort: SpliceText {
        @_noLocks get {
            var text = self
            text.words[2] = 0
            text.counts[2] = 0
            return text
        }
    }

    /// How long it is.
    var count: Int { @inline(__always) @_noLocks get { Int(counts[0]) &+ Int(counts[1]) &+ Int(counts[2]) } }

    /// Writes it to other bytes, and moves `offset` behind it.
    @inline(__always) @_noLocks
    func write(to target: inout MutableRawSpan, at offset: inout Int) {
        guard offset &+ 24 <= target.byteCount else { return writeAtEnd(of: &target, at: &offset) }
        for index in 0..<3 {
            // What is too much is written over next.
            target.storeBytes(of: words[index].littleEndian, toByteOffset: offset, as: UInt64.self)
            offset &+= Int(counts[index])
        }
    }

    @_noLocks
    private func writeAtEnd(of target: inout MutableRawSpan, at offset: inout Int) {
        for index in 0..<3 {
            for place in 0..<UInt64(counts[index]) {
                target.append(UInt8(truncatingIfNeeded: words[index] &>> (8 &* place)), at: &offset)
            }
        }
    }

    /// The digits of the lowest octet of a number with a dot behind them, and how many bytes that is.
    @inline(__always) @_noLocks
    private static func octet(_ number: UInt32) -> (text: UInt64, count: UInt64) {
        let value = UInt64(number & 0xff)
        let hundreds = value / 100
        let tens = value / 10 &- hundreds &* 10
        let units = value &- (hundreds &* 10 &+ tens) &* 10
        let text = 0x2e30_3030 | hundreds | tens &<< 8 | units &<< 16
        let leading: UInt64 = value < 10 ? 2 : value < 100 ? 1 : 0
        return (text &>> (8 &* leading), 4 &- leading)
    }

    @inline(__always) @_noLocks
    private mutating func setLast(_ number: UInt16, isPort: Bool) {
        let value = UInt64(number)
        let (tens, hundreds, thousands, most) = (value / 10, value / 100, value / 1_000, value / 10_000)
        var text = 0x30_3030_3030 | most | (thousands &- most &* 10) &<< 8
        text |= (hundreds &- thousands &* 10) &<< 16 | (tens &- hundreds &* 10) &<< 24 | (value &- tens &* 10) &<< 32
        let leading: UInt64 = value < 100 ? (value < 10 ? 4 : 3) : value < 1_000 ? 2 : value < 10_000 ? 1 : 0
        text &>>= 8 &* leading
        words[2] = isPort ? text &<< 8 | UInt64(ASCII.colon) : text
        counts[2] = UInt8(truncatingIfNeeded: 5 &- leading &+ (isPort ? 1 : 0))
    }
}
