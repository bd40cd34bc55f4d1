// A command line, as a server would read it. What counts as a verb is the union of what servers in use accept, so that
// no line which some server takes as PORT passes here as something else:
// - white space, a CR or a quotation mark before the verb is passed over, a backslash anywhere in it (ProFTPD's words
//   may be quoted; other servers reject such lines, and then so may we);
// - a verb ends with its last letter, not only at a space (Pure-FTPd can be built to accept `PORT10,0,0,1,4,1`);
// - `@` counts as a letter (Pure-FTPd's P@SW).

import TextFormats

/// A complete command line.
public struct Command: Sendable {
    /// What it asks for.
    public let verb: Verb
    /// Where its argument stands in the span: from the first to the last byte that is not white space. Empty when there
    /// is none. Telnet commands may stand inside.
    public let argument: Range<Int>

    /// Reads the command line that stands in `range` of `line`, which is all of it when nil; CR and LF at its end may be
    /// present or not.
    @_noLocks
    public init(line: borrowing RawSpan, _ range: Range<Int>? = nil) {
        let range = line.range(range)
        var cursor = TelnetCursor(range)
        let head = CommandHead(line, &cursor)
        verb = head.isEmptyLine ? .none : head.spelling.verb()
        var start = head.terminator?.offset ?? range.upperBound
        var end = start
        var byte = head.terminator
        while let current = byte {
            if !current.value.isSpace {
                if start == end { start = current.offset }
                end = current.end
            }
            byte = cursor.next(in: line)
        }
        argument = start..<end
    }

    /// What a line can still become that has begun with `range` of `prefix` (all of it when nil), and has no LF yet.
    @_noLocks
    public static func foresee(prefix: RawSpan, _ range: Range<Int>? = nil) -> Foresight {
        var cursor = TelnetCursor(prefix.range(range))
        let head = CommandHead(prefix, &cursor)
        guard head.terminator != nil else { return head.spelling.mayBecomeActedOn() ? .undecided : .plain }
        return head.spelling.verb().isActedOn ? .acts : .plain
    }
}

/// What can be said of a line of which only the beginning is known.
public enum Foresight: Hashable, Sendable {
    /// It may still become something that the gateway acts on: hold it.
    case undecided
    /// It is already something that the gateway acts on: hold it until it is complete.
    case acts
    /// It cannot become anything that the gateway acts on: pass it on as it comes.
    case plain
}

/// The beginning of a command line: everything up to the first byte after the verb.
private struct CommandHead {
    var spelling = VerbSpelling()
    /// The first byte after the verb; nil while the verb may still grow.
    var terminator: TelnetCursor.Byte?
    /// Nothing but CR stood before the end of the line.
    var isEmptyLine = true

    @_noLocks
    init(_ line: borrowing RawSpan, _ cursor: inout TelnetCursor) {
        while let byte = cursor.next(in: line) {
            if byte.value != ASCII.carriageReturn && byte.value != ASCII.lineFeed { isEmptyLine = false }
            if byte.value.isLetter || byte.value == ASCII.at {
                spelling.append(byte.value)
            } else if !Self.isPassedOver(byte.value, atStart: spelling.count == 0) {
                terminator = byte
                return
            }
        }
    }

    /// Bytes that some server skips on its way to or through a verb.
    @_noLocks
    private static func isPassedOver(_ value: UInt8, atStart: Bool) -> Bool {
        if value == ASCII.backslash { return true }
        return atStart && (value == ASCII.quote || value.isSpace && value != ASCII.lineFeed)
    }
}
