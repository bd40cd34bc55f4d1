/// The options of a TCP header that the gateway acts on: MSS and window scale (RFC 9293, 7323) when a connection
/// opens, timestamps (RFC 7323) and selective acknowledgements (RFC 2018) while it lasts.
///
/// Options with a length that does not fit end the list, as receivers do; all others are skipped and left alone. Of an
/// option that stands there twice the last one counts.
public struct TCPOptions: BitwiseCopyable, Sendable {
    /// One block of a selective acknowledgement: from its first octet to the one after its last.
    public struct Block: BitwiseCopyable, Sendable {
        /// First sequence number of the block.
        public var start: SequenceNumber
        /// Sequence number after the last of the block.
        public var end: SequenceNumber

        /// A block from its two edges.
        @inlinable @_noLocks
        public init(start: SequenceNumber, end: SequenceNumber) {
            self.start = start
            self.end = end
        }
    }

    /// The most blocks that fit into the 40 octets of options.
    public static let blocksMax = 4

    /// The largest segment that the sender of this header receives, or 0.
    public var maximumSegment: UInt16 = 0
    /// The shift count for the sender's window fields, or nil. Above 14 it means 14 (RFC 7323 section 2.3).
    public var windowShift: UInt8? = nil
    /// Whether selective acknowledgements may be sent to the sender of this header.
    public var permitsSelective = false
    /// Whether a timestamp is there.
    public var hasTimestamp = false
    /// The sender's clock.
    public var timestamp: UInt32 = 0
    /// The receiver's clock as the sender saw it last.
    public var timestampEcho: UInt32 = 0
    /// How many of `blocks` count.
    public var blockCount = 0
    /// Selective acknowledgements.
    public var blocks = [4 of Block](repeating: Block(start: SequenceNumber(0), end: SequenceNumber(0)))

    /// No options.
    @_noLocks
    public init() {}

    /// Reads the options that stand in a range of the bytes.
    @_noLocks
    public init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let kind = bytes.octet(at: offset)
            if kind == 0 { return }
            if kind == 1 {
                offset &+= 1
                continue
            }
            guard offset &+ 1 < range.upperBound else { return }
            let length = Int(bytes.octet(at: offset &+ 1))
            guard length >= 2, offset &+ length <= range.upperBound else { return }
            read(kind, bytes, at: offset, length: length)
            offset &+= length
        }
    }

    @_noLocks
    private mutating func read(_ kind: UInt8, _ bytes: borrowing RawSpan, at offset: Int, length: Int) {
        switch (kind, length) {
        case (2, 4): maximumSegment = bytes.number16(at: offset &+ 2)
        case (3, 3): windowShift = min(bytes.octet(at: offset &+ 2), 14)
        case (4, 2): permitsSelective = true
        case (5, _):
            blockCount = 0
            while blockCount < TCPOptions.blocksMax, 2 &+ 8 &* (blockCount &+ 1) <= length {
                let start = offset &+ 2 &+ 8 &* blockCount
                blocks[blockCount] = Block(
                    start: SequenceNumber(bytes.number32(at: start)),
                    end: SequenceNumber(bytes.number32(at: start &+ 4)))
                blockCount &+= 1
            }
        case (8, 10):
            hasTimestamp = true
            timestamp = bytes.number32(at: offset &+ 2)
            timestampEcho = bytes.number32(at: offset &+ 6)
        default: break
        }
    }
}
