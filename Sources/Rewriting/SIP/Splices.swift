import PlainMemory
import SIPCodec
import WireFormats

/// What is to be changed in one message: ranges of its bytes, and what takes their place. Everything else stays as it is,
/// byte for byte.
///
/// Invariant: the ranges are ascending and do not overlap. What does not fit makes `isFull`, and the message must not leave
/// then.
struct Splices: ~Copyable {
    /// One of them; not private, because the compiler (6.3) breaks on that in a generic table of other files.
    struct Splice: BitwiseCopyable {
        var start: UInt32
        var end: UInt32
        var text: EndpointText
    }

    /// The longest text of one splice: an address and a port.
    private static var longest: Int { @_noLocks get { 21 } }

    /// The most changes of one message.
    private static var capacity: Int { @_noLocks get { 512 } }

    /// The most by which they make a message longer: an address and a port stand for one of seven characters at least,
    /// and a port for one.
    static var growthMax: Int { @_noLocks get { capacity &* (longest &- 7) } }

    private var splices: Slots<Splice>
    /// The endpoint that comes mostly, or was written last.
    private var usual = KnownEndpoint(Endpoint(IPv4Address(0), 0))
    /// How many there are.
    private(set) var count = 0
    /// Whether there were more than fit.
    private(set) var isFull = false
    /// By how much the message grows, in bytes.
    private(set) var growth = 0

    init() throws(TableError) { splices = try Slots<Splice>(count: Splices.capacity) }

    /// Forgets all of them.
    @_noLocks
    mutating func removeAll() {
        count = 0
        growth = 0
        isFull = false
    }

    /// The same, for a message in which this endpoint is likely to take the place of others.
    @_noLocks
    mutating func removeAll(expecting endpoint: KnownEndpoint) {
        removeAll()
        usual = endpoint
    }

    /// Removes a range.
    @_noLocks
    mutating func remove(_ range: Range<Int>) { replace(range, by: EndpointText()) }

    /// Puts a number into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by number: UInt16) { replace(range, by: EndpointText(number)) }

    /// Puts an address into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by address: IPv4Address) {
        replace(range, by: address == usual.endpoint.address ? usual.text.withoutPort : EndpointText(address))
    }

    /// Puts an endpoint, `address:port`, into the place of a range.
    @_noLocks
    mutating func replace(_ range: Range<Int>, by endpoint: Endpoint) {
        if endpoint != usual.endpoint { usual = KnownEndpoint(endpoint) }
        replace(range, by: usual.text)
    }

    /// Keeps the order: most come in it, and only parameters of one header field, and the length and the session's own
    /// lines of a body, do not.
    @_noLocks
    private mutating func replace(_ range: Range<Int>, by text: EndpointText) {
        guard count < splices.count else {
            isFull = true
            return
        }
        splices[count] = Splice(
            start: UInt32(truncatingIfNeeded: range.lowerBound), end: UInt32(truncatingIfNeeded: range.upperBound),
            text: text)
        if count > 0, splices[count &- 1].start > splices[count].start { sortLast() }
        count &+= 1
        growth &+= text.count &- range.count
    }

    /// Moves the last one to its place.
    @inline(never) @_noLocks
    private mutating func sortLast() {
        let last = splices[count]
        var place = count
        while place > 0, splices[place &- 1].start > last.start {
            splices[place] = splices[place &- 1]
            place &-= 1
        }
        splices[place] = last
    }

    /// One of them: what it takes the place of, and how long that is which does.
    func splice(_ index: Int) -> (range: Range<Int>, length: Int) {
        let splice = splices[index]
        return (Int(splice.start)..<Int(splice.end), splice.text.count)
    }

    /// Writes the message that stands in `range` of `bytes`, changed, to other bytes, and moves `offset` behind it.
    @_noLocks
    func write(
        _ bytes: borrowing RawSpan, _ range: Range<Int>, to target: inout MutableRawSpan, at offset: inout Int
    ) {
        var from = range.lowerBound
        for index in 0..<count {
            let kept = from..<Int(splices[index].start)
            target.copyAhead(bytes, kept, to: offset)
            offset &+= kept.count
            splices[index].text.write(to: &target, at: &offset)
            from = Int(splices[index].end)
        }
        target.copy(bytes, from..<range.upperBound, to: offset)
        offset &+= range.upperBound &- from
    }
}
