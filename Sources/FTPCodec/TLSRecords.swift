// After AUTH TLS a control connection is opaque, until CCC ends the protection and plain text resumes (RFC 4217 section
// 5). CCC itself is encrypted; but TLS records carry their length (RFC 8446 section 5.1), so their boundaries can be
// followed, and a byte on a boundary that begins no record is the first of the plain text. Content types are control
// characters which no line begins with, so the two cannot be confused.
// Invariant: after `lost`, nothing is ever taken for plain text again.

import TextFormats

/// Follows TLS records over one direction of a control connection, in whatever pieces its bytes come.
public struct TLSRecords: Hashable, BitwiseCopyable, Sendable {
    /// How far the bytes given so far have been understood.
    public enum Progress: Hashable, Sendable {
        /// All of them belong to TLS records.
        case inside
        /// Plain text begins at this offset in the span given last.
        case plaintext(at: Int)
        /// They are not TLS records. What follows is opaque for ever.
        case lost
    }

    private enum State: UInt8, BitwiseCopyable { case beforeFirst, boundary, header, body, lost }

    private var state = State.beforeFirst
    /// In a header: how many of its five bytes have been read.
    private var headerCount: UInt8 = 0
    /// In a header: its length field so far. In a body: how many bytes are still to come.
    private var length = 0

    /// The longest body: 2^14 bytes and what a cipher may add (RFC 5246 section 6.2.3).
    private static var maximumLength: Int { @_noLocks get { 1 << 14 + 2048 } }

    /// Stands where the first record is to begin.
    @_noLocks
    public init() {}

    /// Takes the next bytes of the stream: those of `bytes` from `start` to `end`, which is the end of the span when nil.
    /// After `plaintext` the rest of them was not looked at, and the records have ended. Traps when the bytes are not
    /// inside the span.
    @_noLocks
    public mutating func follow(_ bytes: RawSpan, from start: Int, to end: Int? = nil) -> Progress {
        let count = bytes.byteCount
        let end = end ?? count
        precondition(start >= 0 && start <= end && end <= count, "bytes outside of the span")
        var offset = start
        while offset < end && state != .lost {
            if state == .body {
                let count = min(length, end &- offset)
                offset &+= count
                length &-= count
                if length == 0 { state = .boundary }
                continue
            }
            let byte = bytes.byte(at: offset)
            if state == .boundary && Self.beginsText(byte) { return .plaintext(at: offset) }
            readHeader(byte)
            offset &+= 1
        }
        return state == .lost ? .lost : .inside
    }

    /// A byte that a command or reply can begin with: printable, the end of an empty line, or Telnet's IAC.
    @_noLocks
    private static func beginsText(_ byte: UInt8) -> Bool {
        byte.isGraphic || byte == ASCII.space || byte == ASCII.carriageReturn || byte == ASCII.lineFeed || byte == 0xFF
    }

    /// Reads one byte of a header: content type, version (two bytes), length (two bytes).
    @_noLocks
    private mutating func readHeader(_ byte: UInt8) {
        if state != .header {
            state = byte >= 20 && byte <= 24 ? .header : .lost
            headerCount = 1
            length = 0
            return
        }
        headerCount &+= 1
        switch headerCount {
        case 2: if byte != 3 { state = .lost }
        case 3: break
        case 4: length = Int(truncatingIfNeeded: byte) << 8
        default:
            length |= Int(truncatingIfNeeded: byte)
            state = length > Self.maximumLength ? .lost : length == 0 ? .boundary : .body
        }
    }
}
