// A control connection is a Telnet stream (RFC 959 section 3.1.1, RFC 854), and clients do send Telnet commands in it,
// above all before ABOR. The cursor reads a line as a server does that ignores them.
// Invariant: an LF is never swallowed, not even as part of a Telnet command, so lines end where `LineEnd` says.

import TextFormats

/// Reads the data bytes of a control line one by one, passing over Telnet commands and NUL bytes wherever they stand.
public struct TelnetCursor: Sendable {
    /// A data byte, and where it stands.
    public struct Byte: Sendable {
        /// The byte itself.
        public let value: UInt8
        /// The offset of its first byte in the span: of the first 0xFF, where 0xFF was written doubled.
        public let offset: Int
        /// The offset just after it.
        public let end: Int
    }

    private let end: Int
    private var position: Int

    /// A cursor over `range` of the line that is given to every call of `next`.
    @_noLocks
    public init(_ range: Range<Int>) {
        end = range.upperBound
        position = range.lowerBound
    }

    /// The next data byte, or nil at the end of the range, which may be in the middle of a Telnet command. Traps when the
    /// range is not inside `line`.
    @_noLocks
    public mutating func next(in line: RawSpan) -> Byte? {
        while position < end {
            let start = position
            let value = line.byte(at: start)
            position &+= 1
            if value == Telnet.interpretAsCommand {
                guard skipCommand(in: line) else { continue }
            } else if value == 0 {
                continue
            }
            return Byte(value: value, offset: start, end: position)
        }
        return nil
    }

    /// Passes over what follows an IAC; true when that makes it a literal 0xFF (RFC 854, "IAC IAC").
    @_noLocks
    private mutating func skipCommand(in line: RawSpan) -> Bool {
        guard let command = operand(in: line) else { return false }
        switch command {
        case Telnet.interpretAsCommand: return true
        case Telnet.will, Telnet.wont, Telnet.do, Telnet.dont: _ = operand(in: line)
        case Telnet.subnegotiation: skipSubnegotiation(in: line)
        default: break
        }
        return false
    }

    /// Passes over everything up to IAC SE, or to the end of the line (RFC 855).
    @_noLocks
    private mutating func skipSubnegotiation(in line: RawSpan) {
        while let byte = operand(in: line) {
            if byte == Telnet.interpretAsCommand, operand(in: line) == Telnet.subnegotiationEnd { return }
        }
    }

    /// The next byte as part of a Telnet command, or nil at the end of the line.
    @_noLocks
    private mutating func operand(in line: RawSpan) -> UInt8? {
        guard position < end else { return nil }
        let value = line.byte(at: position)
        if value == ASCII.lineFeed { return nil }
        position &+= 1
        return value
    }
}

/// The Telnet commands that take more than one byte (RFC 854).
private enum Telnet {
    static var subnegotiationEnd: UInt8 { @_noLocks get { 240 } }
    static var subnegotiation: UInt8 { @_noLocks get { 250 } }
    static var will: UInt8 { @_noLocks get { 251 } }
    static var wont: UInt8 { @_noLocks get { 252 } }
    static var `do`: UInt8 { @_noLocks get { 253 } }
    static var dont: UInt8 { @_noLocks get { 254 } }
    static var interpretAsCommand: UInt8 { @_noLocks get { 255 } }
}
