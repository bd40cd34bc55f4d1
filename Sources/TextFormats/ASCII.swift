// The bytes that have a meaning in control text, and their classes. Bytes above 126 are in no class.

/// Names for the bytes of RFC 20 that the grammars of FTP, SIP and SDP use.
public enum ASCII {
    /// Horizontal tab.
    @inlinable public static var tab: UInt8 { @inline(__always) @_noLocks get { 0x09 } }
    /// Line feed.
    @inlinable public static var lineFeed: UInt8 { @inline(__always) @_noLocks get { 0x0A } }
    /// Carriage return.
    @inlinable public static var carriageReturn: UInt8 { @inline(__always) @_noLocks get { 0x0D } }
    /// Space.
    @inlinable public static var space: UInt8 { @inline(__always) @_noLocks get { 0x20 } }
    /// Quotation mark.
    @inlinable public static var quote: UInt8 { @inline(__always) @_noLocks get { 0x22 } }
    /// Left parenthesis.
    @inlinable public static var leftParenthesis: UInt8 { @inline(__always) @_noLocks get { 0x28 } }
    /// Right parenthesis.
    @inlinable public static var rightParenthesis: UInt8 { @inline(__always) @_noLocks get { 0x29 } }
    /// Asterisk.
    @inlinable public static var asterisk: UInt8 { @inline(__always) @_noLocks get { 0x2A } }
    /// Comma.
    @inlinable public static var comma: UInt8 { @inline(__always) @_noLocks get { 0x2C } }
    /// Hyphen.
    @inlinable public static var hyphen: UInt8 { @inline(__always) @_noLocks get { 0x2D } }
    /// Full stop.
    @inlinable public static var dot: UInt8 { @inline(__always) @_noLocks get { 0x2E } }
    /// Solidus.
    @inlinable public static var slash: UInt8 { @inline(__always) @_noLocks get { 0x2F } }
    /// The digit 0.
    @inlinable public static var zero: UInt8 { @inline(__always) @_noLocks get { 0x30 } }
    /// Colon.
    @inlinable public static var colon: UInt8 { @inline(__always) @_noLocks get { 0x3A } }
    /// Semicolon.
    @inlinable public static var semicolon: UInt8 { @inline(__always) @_noLocks get { 0x3B } }
    /// Less-than sign.
    @inlinable public static var lessThan: UInt8 { @inline(__always) @_noLocks get { 0x3C } }
    /// Equals sign.
    @inlinable public static var equals: UInt8 { @inline(__always) @_noLocks get { 0x3D } }
    /// Greater-than sign.
    @inlinable public static var greaterThan: UInt8 { @inline(__always) @_noLocks get { 0x3E } }
    /// Question mark.
    @inlinable public static var questionMark: UInt8 { @inline(__always) @_noLocks get { 0x3F } }
    /// Commercial at.
    @inlinable public static var at: UInt8 { @inline(__always) @_noLocks get { 0x40 } }
    /// Left square bracket.
    @inlinable public static var leftBracket: UInt8 { @inline(__always) @_noLocks get { 0x5B } }
    /// Reverse solidus.
    @inlinable public static var backslash: UInt8 { @inline(__always) @_noLocks get { 0x5C } }
    /// Right square bracket.
    @inlinable public static var rightBracket: UInt8 { @inline(__always) @_noLocks get { 0x5D } }
    /// Vertical line.
    @inlinable public static var bar: UInt8 { @inline(__always) @_noLocks get { 0x7C } }
}

extension UInt8 {
    /// 0 to 9.
    @inlinable public var isDigit: Bool { @inline(__always) @_noLocks get { self &- ASCII.zero < 10 } }

    /// A to Z, a to z.
    @inlinable public var isLetter: Bool { @inline(__always) @_noLocks get { (self | 0x20) &- 0x61 < 26 } }

    /// 0 to 9, A to F, a to f.
    @inlinable public var isHexadecimal: Bool {
        @inline(__always) @_noLocks get { isDigit || (self | 0x20) &- 0x61 < 6 }
    }

    /// What C calls white space: tab, LF, VT, FF, CR and space.
    @inlinable public var isSpace: Bool { @inline(__always) @_noLocks get { self == ASCII.space || self &- 9 < 5 } }

    /// Printable, and no space: 33 to 126.
    @inlinable public var isGraphic: Bool { @inline(__always) @_noLocks get { self > 32 && self < 127 } }

    /// A letter in upper case; other bytes have no use for the result.
    @inlinable public var upperCased: UInt8 { @inline(__always) @_noLocks get { self & 0xDF } }
}
