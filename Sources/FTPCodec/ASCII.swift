// The bytes that have a meaning in an FTP control line, and their classes. Bytes above 126 are in no class.

/// Names for the bytes of RFC 20 that the grammar of FTP uses.
enum ASCII {
    static var lineFeed: UInt8 { @_noLocks get { 0x0A } }
    static var carriageReturn: UInt8 { @_noLocks get { 0x0D } }
    static var space: UInt8 { @_noLocks get { 0x20 } }
    static var quote: UInt8 { @_noLocks get { 0x22 } }
    static var leftParenthesis: UInt8 { @_noLocks get { 0x28 } }
    static var rightParenthesis: UInt8 { @_noLocks get { 0x29 } }
    static var comma: UInt8 { @_noLocks get { 0x2C } }
    static var hyphen: UInt8 { @_noLocks get { 0x2D } }
    static var dot: UInt8 { @_noLocks get { 0x2E } }
    static var zero: UInt8 { @_noLocks get { 0x30 } }
    static var at: UInt8 { @_noLocks get { 0x40 } }
    static var backslash: UInt8 { @_noLocks get { 0x5C } }
    static var bar: UInt8 { @_noLocks get { 0x7C } }
}

extension UInt8 {
    /// 0 to 9.
    var isDigit: Bool { @_noLocks get { self &- ASCII.zero < 10 } }

    /// A to Z, a to z.
    var isLetter: Bool { @_noLocks get { (self | 0x20) &- 0x61 < 26 } }

    /// What C calls white space: tab, LF, VT, FF, CR and space.
    var isSpace: Bool { @_noLocks get { self == ASCII.space || self &- 9 < 5 } }

    /// Printable, and no space: 33 to 126.
    var isGraphic: Bool { @_noLocks get { self > 32 && self < 127 } }

    /// A letter in upper case; other bytes have no use for the result.
    var upperCased: UInt8 { @_noLocks get { self & 0xDF } }
}
