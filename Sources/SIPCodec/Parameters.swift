// Parameters of header fields and URIs: ;name=value or ;name, in a header field with white space anywhere between.

import CXDP
import TextFormats

/// The parameters that a gateway reads. Their names may be spelt in any case.
public enum ParameterName: UInt8, BitwiseCopyable, Hashable, Sendable {
    /// None of the others.
    case other
    /// The tag of From and To (RFC 3261 section 19.3).
    case tag
    /// The branch of a Via (RFC 3261 section 20.42).
    case branch
    /// Where a request came from (RFC 3261 section 18.2.1).
    case received
    /// From which port (RFC 3581).
    case rport
    /// Where to send to instead of the host (RFC 3261 section 19.1.1).
    case maddr
    /// How far a multicast goes.
    case ttl
    /// Keep-alives are wanted (RFC 6223).
    case keep
    /// For how many seconds a contact is (RFC 3261 section 20.10).
    case expires
    /// The preference of a contact.
    case q
    /// By what to send (RFC 3261 section 19.1.1).
    case transport
    /// Loose routing (RFC 3261 section 19.1.1).
    case lr
    /// Outbound (RFC 5626 section 5.4).
    case ob
    /// What the user part is (RFC 3261 section 19.1.1).
    case user
    /// The tags of Replaces (RFC 3891 section 6.1).
    case toTag
    /// As above.
    case fromTag
    /// Only a dialog that is not confirmed yet may be replaced (RFC 3891 section 6.1).
    case earlyOnly
    /// Who refreshes a session (RFC 4028 section 4).
    case refresher
    /// What separates the parts of a body (RFC 2046 section 5.1.1).
    case boundary
    /// The device (RFC 5626 section 4.1).
    case sipInstance
    /// The flow of a registration (RFC 5626 section 4.2).
    case regID

    /// Whether both are the same.
    @_noLocks
    public static func == (left: ParameterName, right: ParameterName) -> Bool { left.rawValue == right.rawValue }

    /// Its first letter, in lower case.
    var initial: UInt8 {
        @inline(__always) @_noLocks get {
            switch self {
            case .other: 0
            case .branch, .boundary: UInt8(ascii: "b")
            case .earlyOnly, .expires: UInt8(ascii: "e")
            case .fromTag: UInt8(ascii: "f")
            case .keep: UInt8(ascii: "k")
            case .lr: UInt8(ascii: "l")
            case .maddr: UInt8(ascii: "m")
            case .ob: UInt8(ascii: "o")
            case .q: UInt8(ascii: "q")
            case .received, .rport, .refresher, .regID: UInt8(ascii: "r")
            case .tag, .ttl, .toTag, .transport: UInt8(ascii: "t")
            case .user: UInt8(ascii: "u")
            case .sipInstance: UInt8(ascii: "+")
            }
        }
    }

    /// The name that stands in `range`.
    @inline(__always) @_noLocks
    init(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        let count = range.count
        guard count > 0 && count <= 13 else {
            self = .other
            return
        }
        self = Self.known(Keyword(lowerCased: bytes, range.lowerBound, count: count), count)
    }

    @inline(__always) @_noLocks
    private static func known(_ name: Keyword, _ count: Int) -> ParameterName {
        switch count {
        case 1: if name == Keyword("q") { return .q }
        case 2:
            if name == Keyword("lr") { return .lr }
            if name == Keyword("ob") { return .ob }
        case 3:
            if name == Keyword("tag") { return .tag }
            if name == Keyword("ttl") { return .ttl }
        case 4:
            if name == Keyword("user") { return .user }
            if name == Keyword("keep") { return .keep }
        case 5:
            if name == Keyword("rport") { return .rport }
            if name == Keyword("maddr") { return .maddr }
        case 6:
            if name == Keyword("branch") { return .branch }
            if name == Keyword("to-tag") { return .toTag }
            if name == Keyword("reg-id") { return .regID }
        case 7: if name == Keyword("expires") { return .expires }
        case 8:
            if name == Keyword("received") { return .received }
            if name == Keyword("from-tag") { return .fromTag }
            if name == Keyword("boundary") { return .boundary }
        case 9:
            if name == Keyword("transport") { return .transport }
            if name == Keyword("refresher") { return .refresher }
        case 10: if name == Keyword("early-only") { return .earlyOnly }
        case 13: if name == Keyword("+sip.instance") { return .sipInstance }
        default: break
        }
        return .other
    }
}

/// One parameter.
public struct Parameter: BitwiseCopyable, Sendable {
    /// Which it is.
    public let name: ParameterName
    private let nameText: TextRange
    private let valueText: TextRange
    private let hasValue: Bool

    @inline(__always) @_noLocks
    init(name: ParameterName, nameRange: Range<Int>, value: Range<Int>?) {
        self.name = name
        nameText = TextRange(nameRange)
        valueText = TextRange(value ?? nameRange)
        hasValue = value != nil
    }

    /// Where its name stands.
    public var nameRange: Range<Int> { @_noLocks get { nameText.range } }
    /// Where its value stands, with the quotation marks of a quoted one; nil when there is no equals sign. It may be
    /// empty.
    public var value: Range<Int>? { @_noLocks get { hasValue ? valueText.range : nil } }
}

/// Reads parameters one after the other. What is none is passed over.
public struct Parameters: Sendable {
    private var position: Int
    private let end: Int

    /// The parameters in `range`, which begins with a semicolon, or is empty.
    @inline(__always) @_noLocks
    public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The value of the first parameter of a name in `range`; nil when there is no such parameter, or it has no value.
    @_noLocks
    public static func value(of name: ParameterName, in bytes: borrowing RawSpan, _ range: Range<Int>) -> Range<Int>? {
        // Without quotation marks a parameter begins behind each semicolon, and mostly with another letter.
        let initial = name.initial
        var start = range.lowerBound
        while start < range.upperBound {
            let window = bytes.window(at: start)
            if sp_equal(window, ASCII.quote) != 0 { return firstValue(of: name, in: bytes, range) }
            var semicolons = sp_equal(window, ASCII.semicolon)
            while semicolons != 0 {
                let semicolon = start &+ semicolons.trailingZeroBitCount
                semicolons &= semicolons &- 1
                guard semicolon &+ 1 < range.upperBound else { return nil }
                let letter = bytes.byte(at: semicolon &+ 1)
                guard letter | 0x20 == initial || letter <= ASCII.space else { continue }
                var parameters = Parameters(semicolon..<range.upperBound)
                if let parameter = parameters.next(in: bytes), parameter.name == name { return parameter.value }
            }
            start &+= 16
        }
        return nil
    }

    @_noLocks
    private static func firstValue(
        of name: ParameterName, in bytes: borrowing RawSpan, _ range: Range<Int>
    ) -> Range<Int>? {
        var parameters = Parameters(range)
        while let parameter = parameters.next(in: bytes) {
            if parameter.name == name { return parameter.value }
        }
        return nil
    }

    /// The next parameter; nil at the end.
    @inline(__always) @_noLocks
    public mutating func next(in bytes: borrowing RawSpan) -> Parameter? {
        var start = position
        while start < end {
            let byte = bytes.byte(at: start)
            guard byte == ASCII.semicolon || byte.isLinearSpace else { break }
            start &+= 1
        }
        guard start < end else { return nil }
        let nameEnd = bytes.end(before: ASCII.semicolon, ASCII.equals, in: start..<end)
        let mark = bytes.skipSpace(nameEnd, end)
        let name = ParameterName(bytes, start..<nameEnd)
        guard mark < end, bytes.byte(at: mark) == ASCII.equals else {
            skip(bytes, from: mark)
            return Parameter(name: name, nameRange: start..<nameEnd, value: nil)
        }
        let value = self.value(bytes, from: bytes.skipSpace(mark &+ 1, end))
        skip(bytes, from: value.upperBound)
        return Parameter(name: name, nameRange: start..<nameEnd, value: value)
    }

    @inline(__always) @_noLocks
    private func value(_ bytes: borrowing RawSpan, from start: Int) -> Range<Int> {
        if start < end, bytes.byte(at: start) == ASCII.quote {
            return start..<(bytes.quotedEnd(start, end) ?? end)
        }
        return start..<bytes.end(before: ASCII.semicolon, ASCII.semicolon, in: start..<end)
    }

    /// Goes on behind what ends at `offset`: to the next semicolon.
    @inline(__always) @_noLocks
    private mutating func skip(_ bytes: borrowing RawSpan, from offset: Int) {
        if offset < end, bytes.byte(at: offset) == ASCII.semicolon {
            position = offset
        } else {
            position = bytes.first(ASCII.semicolon, in: offset..<end) ?? end
        }
    }
}

extension RawSpan {
    /// Where the quoted string ends that begins at `offset`: behind its second quotation mark; nil when there is none
    /// before `end`.
    @_noLocks
    func quotedEnd(_ offset: Int, _ end: Int) -> Int? {
        var start = offset &+ 1
        while start < end {
            let window = window(at: start)
            let marks = sp_equal(window, ASCII.quote) | sp_equal(window, ASCII.backslash)
            if marks != 0 {
                let mark = start &+ marks.trailingZeroBitCount
                guard mark < end else { return nil }
                return byte(at: mark) == ASCII.quote ? mark &+ 1 : quotedEndBehindEscapes(mark, end)
            }
            start &+= 16
        }
        return nil
    }

    /// The same from the first backslash on, at `offset`.
    @inline(never) @_noLocks
    private func quotedEndBehindEscapes(_ offset: Int, _ end: Int) -> Int? {
        var offset = offset
        while offset < end {
            let byte = byte(at: offset)
            if byte == ASCII.quote { return offset &+ 1 }
            offset &+= byte == ASCII.backslash ? 2 : 1
        }
        return nil
    }
}
