// The bytes that have a meaning in control text, and their classes. Bytes above 126 are in no class.

/// Names for the bytes of RFC 20 that the grammars of FTP, SIP and SDP use.
public enum ASCII {
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
    /// Comma.
    @inlinable public static var comma: UInt8 { @inline(__always) @_noLocks get { 0x2C } }
    /// Hyphen.
    @inlinable public static var hyphen: UInt8 { @inline(__always) @_noLocks get { 0x2D } }
    /// Full stop.
    @inlinable public static var dot: UInt8 { @inline(__always) @_noLocks get { 0x2E } }
    /// The digit 0.
    @inlinable public static var zero: UInt8 { @inline(__always) @_noLocks get { 0x30 } }
    /// Commercial at.
    @inlinable public static var at: UInt8 { @inline(__always) @_noLocks get { 0x40 } }
    /// Reverse solidus.
    @inlinable public static var backslash: UInt8 { @inline(__always) @_noLocks get { 0x5C } }
    /// Vertical line.
    @inlinable public static var bar: UInt8 { @inline(__always) @_noLocks get { 0x7C } }
}

extension UInt8 {
    /// 0 to 9.
    @inlinable public var isDigit: Bool { @inline(__always) @_noLocks get { self &- ASCII.zero < 10 } }

    /// A to Z, a to z.
    @inlinable public var isLetter: Bool { @inline(__always) @_noLocks get { (self | 0x20) &- 0x61 < 26 } }

    /// What C calls white space: tab, LF, VT, FF, CR and space.
    @inlinable public var isSpace: Bool { @inline(__always) @_noLocks get { self == ASCII.space || self &- 9 < 5 } }

    /// Printable, and no space: 33 to 126.
    @inlinable public var isGraphic: Bool { @inline(__always) @_noLocks get { self > 32 && self < 127 } }

    /// A letter in upper case; other bytes have no use for the result.
    @inlinable public var upperCased: UInt8 { @inline(__always) @_noLocks get { self & 0xDF } }
}
