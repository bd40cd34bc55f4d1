import TextFormats

/// How far the message has been looked at with which a stream goes on, so that one that comes in many pieces is not
/// read anew with every one of them.
///
/// Invariant: all numbers are offsets from where the message begins; what they say of it stays true when more comes.
public struct StreamProgress: BitwiseCopyable, Sendable {
    /// The line end before the empty line is not found before.
    private var looked: UInt32 = 0
    /// Where the header section ends, or 0.
    private(set) var head: UInt32 = 0
    /// How long the message is at least.
    private var least: UInt32 = 0
    /// Whether a line has ended.
    private var hasLine = false

    /// Nothing was looked at.
    @_noLocks
    public init() {}

    /// Up to so many bytes that are no line yet are read each time, to see as soon as possible that they are not SIP.
    private static var beginning: Int { @_noLocks get { 512 } }

    /// Whether there may be more to be learned from `range` than the last time: its first line, or all of it, has come.
    @_noLocks
    mutating func isWorthReading(_ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count >= Int(least) else { return false }
        if head != 0 { return true }
        let hadLine = hasLine
        findHead(bytes, range)
        if head != 0 || hasLine != hadLine { return true }
        return !hasLine && range.count <= StreamProgress.beginning
    }

    /// Looks for the empty line at the end of the header section, from where the last look ended.
    @_noLocks
    private mutating func findHead(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        var offset = range.lowerBound &+ Int(looked)
        while let lineFeed = bytes.first(ASCII.lineFeed, in: offset..<range.upperBound) {
            hasLine = true
            looked = UInt32(truncatingIfNeeded: lineFeed &- range.lowerBound)
            var next = lineFeed &+ 1
            if next < range.upperBound, bytes.byte(at: next) == ASCII.carriageReturn { next &+= 1 }
            guard next < range.upperBound else { return }
            if bytes.byte(at: next) == ASCII.lineFeed {
                head = UInt32(truncatingIfNeeded: next &+ 1 &- range.lowerBound)
                return
            }
            offset = next
        }
        looked = UInt32(truncatingIfNeeded: range.count)
    }

    /// The body has so many bytes; the message's length.
    @_noLocks
    mutating func noteBody(_ length: Int) -> Int {
        least = head &+ UInt32(truncatingIfNeeded: length)
        return Int(least)
    }
}
