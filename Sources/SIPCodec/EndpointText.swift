import TextFormats
import WireFormats

/// An address, a port, or both as text, made in registers and kept as three words, since memory of its own would have to be
/// written and read byte by byte.
///
/// Invariant: of each word so many octets count as its count says, at most 8, the first in the lowest bits.
public struct EndpointText: BitwiseCopyable, Sendable {
    /// Two octets of an address and their dots, the other two, and a port with its colon.
    @usableFromInline var head: UInt64 = 0
    @usableFromInline var tail: UInt64 = 0
    @usableFromInline var last: UInt64 = 0
    @usableFromInline var headCount: UInt8 = 0
    @usableFromInline var tailCount: UInt8 = 0
    @usableFromInline var lastCount: UInt8 = 0

    /// Nothing.
    @_noLocks
    public init() {}

    /// A number.
    @_noLocks
    public init(_ number: UInt16) { setLast(number, isPort: false) }

    /// An address.
    @_noLocks
    public init(_ address: IPv4Address) {
        let (first, firstCount) = EndpointText.octet(address.value >> 24)
        let (second, secondCount) = EndpointText.octet(address.value >> 16)
        let (third, thirdCount) = EndpointText.octet(address.value >> 8)
        let (fourth, fourthCount) = EndpointText.octet(address.value)
        head = first | second &<< (8 &* firstCount)
        headCount = UInt8(truncatingIfNeeded: firstCount &+ secondCount)
        tail = third | fourth &<< (8 &* thirdCount)
        tailCount = UInt8(truncatingIfNeeded: thirdCount &+ fourthCount &- 1)
    }

    /// `address:port`.
    @_noLocks
    public init(_ endpoint: Endpoint) {
        self.init(endpoint.address)
        setLast(endpoint.port, isPort: true)
    }

    /// The address alone of an endpoint.
    public var withoutPort: EndpointText {
        @_noLocks get {
            var text = self
            text.last = 0
            text.lastCount = 0
            return text
        }
    }

    /// How long it is.
    public var count: Int { @_noLocks get { addressCount &+ Int(lastCount) } }

    /// How long its address is.
    var addressCount: Int { @inline(__always) @_noLocks get { Int(headCount) &+ Int(tailCount) } }

    /// Writes it to other bytes, and moves `offset` behind it.
    @inlinable @inline(__always) @_noLocks
    public func write(to target: inout MutableRawSpan, at offset: inout Int) {
        let room = target.byteCount
        guard offset >= 0, offset <= room &- 24 else { return writeAtEnd(of: &target, at: &offset) }
        // Safe: each word begins at most eight octets behind the one before, so that all of them lie in these 24. What is
        // too much of one is written over next.
        unsafe target.storeBytes(of: head.littleEndian, toUncheckedByteOffset: offset, as: UInt64.self)
        offset &+= Int(headCount)
        unsafe target.storeBytes(of: tail.littleEndian, toUncheckedByteOffset: offset, as: UInt64.self)
        offset &+= Int(tailCount)
        unsafe target.storeBytes(of: last.littleEndian, toUncheckedByteOffset: offset, as: UInt64.self)
        offset &+= Int(lastCount)
    }

    @usableFromInline @inline(never) @_noLocks
    func writeAtEnd(of target: inout MutableRawSpan, at offset: inout Int) {
        Self.write(head, headCount, to: &target, at: &offset)
        Self.write(tail, tailCount, to: &target, at: &offset)
        Self.write(last, lastCount, to: &target, at: &offset)
    }

    @_noLocks
    private static func write(_ word: UInt64, _ count: UInt8, to target: inout MutableRawSpan, at offset: inout Int) {
        for place in 0..<UInt64(count) { target.append(UInt8(truncatingIfNeeded: word &>> (8 &* place)), at: &offset) }
    }

    /// Whether its address stands at `offset`, from where 24 bytes lie inside; what stands behind does not matter.
    @inline(__always) @_noLocks @unsafe
    func hasAddress(unchecked bytes: borrowing RawSpan, at offset: Int) -> Bool {
        unsafe Self.stands(head, headCount, unchecked: bytes, at: offset)
            && Self.stands(tail, tailCount, unchecked: bytes, at: offset &+ Int(headCount))
    }

    /// Where its colon and port end if they stand at `offset`, from where eight bytes lie inside; what stands behind does
    /// not matter.
    @inline(__always) @_noLocks @unsafe
    func portEnd(unchecked bytes: borrowing RawSpan, at offset: Int) -> Int? {
        unsafe Self.stands(last, lastCount, unchecked: bytes, at: offset) ? offset &+ Int(lastCount) : nil
    }

    /// Whether so many octets of a word stand at `offset`, 1 to 8.
    @inline(__always) @_noLocks @unsafe
    private static func stands(_ word: UInt64, _ count: UInt8, unchecked bytes: borrowing RawSpan, at offset: Int)
        -> Bool
    {
        let text = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        return (UInt64(littleEndian: text) ^ word) &<< (64 &- 8 &* UInt64(count)) == 0
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
        last = isPort ? text &<< 8 | UInt64(ASCII.colon) : text
        lastCount = UInt8(truncatingIfNeeded: 5 &- leading &+ (isPort ? 1 : 0))
    }
}
