import PlainMemory
import TextFormats
import WireFormats

/// What is to be changed in one message: ranges of its bytes, and what takes their place. Everything else stays as it is,
/// byte for byte.
///
/// Invariants: the ranges are ascending and do not overlap; the texts stand one after the other in `text`, up to `used`.
/// What does not fit makes `isFull`, and the message must not leave then.
struct Splices: ~Copyable {
    /// One of them; not private, because the compiler (6.3) breaks on that in a generic table of other files.
    struct Splice: BitwiseCopyable {
        var start: UInt32
        var end: UInt32
        var text: UInt16
        var length: UInt16
    }

    /// The longest text of one splice: an address and a port.
    private static var longest: Int { @_noLocks get { 21 } }

    /// The most changes of one message.
    private static var capacity: Int { @_noLocks get { 512 } }

    /// The most by which they make a message longer: an address and a port stand for one of seven characters at least,
    /// and a port for one.
    static var growthMax: Int { @_noLocks get { capacity &* (longest &- 7) } }

    private var splices: Slots<Splice>
    private var text: Slots<UInt8>
    private var used = 0
    /// How many there are.
    private(set) var count = 0
    /// Whether there were more than fit.
    private(set) var isFull = false
    /// By how much the message grows, in bytes.
    private(set) var growth = 0

    init() throws(TableError) {
        let splices = try Slots<Splice>(count: Splices.capacity)
        let text = try Slots<UInt8>(count: Splices.capacity * Splices.longest)
        self.splices = splices
        self.text = text
    }

    /// Forgets all of them.
    @_noLocks
    mutating func removeAll() {
        count = 0
        used = 0
        growth = 0
        isFull = false
    }

    /// Removes a range.
    @_noLocks
    mutating func remove(_ range: Range<Int>) { insert(range, length: 0) }

    /// Puts a number into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by number: UInt16) {
        guard hasRoom else { return }
        var end = used
        var room = mutableText
        room.append(decimal: number, at: &end)
        finish(range, end)
    }

    /// Puts an address into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by address: IPv4Address) {
        guard hasRoom else { return }
        var end = used
        var room = mutableText
        room.append(address: address.value, separator: ASCII.dot, at: &end)
        finish(range, end)
    }

    /// Puts an endpoint, `address:port`, into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by endpoint: Endpoint) {
        guard hasRoom else { return }
        var end = used
        var room = mutableText
        room.append(address: endpoint.address.value, separator: ASCII.dot, at: &end)
        room.append(ASCII.colon, at: &end)
        room.append(decimal: endpoint.port, at: &end)
        finish(range, end)
    }

    /// Writes the message that stands in `range` of `bytes`, changed, to other bytes, and moves `offset` behind it.
    @_noLocks
    func write(
        _ bytes: borrowing RawSpan, _ range: Range<Int>, to target: inout MutableRawSpan, at offset: inout Int
    ) {
        var from = range.lowerBound
        for index in 0..<count {
            let splice = splices[index]
            let kept = from..<Int(splice.start)
            target.copy(bytes, kept, to: offset)
            offset &+= kept.count
            for place in 0..<Int(splice.length) { target.append(text[Int(splice.text) &+ place], at: &offset) }
            from = Int(splice.end)
        }
        target.copy(bytes, from..<range.upperBound, to: offset)
        offset &+= range.upperBound &- from
    }

    // MARK: Within

    private var hasRoom: Bool {
        @_noLocks mutating get {
            if used &+ Splices.longest > text.count { isFull = true }
            return !isFull
        }
    }

    private var mutableText: MutableRawSpan {
        @_lifetime(&self) @_noLocks mutating get {
            // Safe: all of the text's memory, which is this value's own.
            unsafe _overrideLifetime(
                MutableRawSpan(_unsafeStart: UnsafeMutableRawPointer(text.base), byteCount: text.count),
                mutating: &self)
        }
    }

    @_noLocks
    private mutating func finish(_ range: Range<Int>, _ end: Int) {
        insert(range, length: end &- used)
        used = end
    }

    /// Keeps the order: most come in it, and only parameters of one header field do not.
    @_noLocks
    private mutating func insert(_ range: Range<Int>, length: Int) {
        guard count < splices.count else {
            isFull = true
            return
        }
        var place = count
        while place > 0, Int(splices[place &- 1].start) > range.lowerBound {
            splices[place] = splices[place &- 1]
            place &-= 1
        }
        splices[place] = Splice(
            start: UInt32(truncatingIfNeeded: range.lowerBound), end: UInt32(truncatingIfNeeded: range.upperBound),
            text: UInt16(truncatingIfNeeded: used), length: UInt16(truncatingIfNeeded: length))
        count &+= 1
        growth &+= length &- range.count
    }
}
