/// The control bits of a TCP header (RFC 9293 section 3.1).
public struct TCPFlags: OptionSet, BitwiseCopyable, Sendable {
    /// The octet as it stands in the header.
    public let rawValue: UInt8

    /// Control bits from the octet of the header.
    @inlinable @inline(__always) @_noLocks
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No more data from the sender.
    @inlinable public static var fin: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x01) } }
    /// Sequence numbers start here.
    @inlinable public static var syn: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x02) } }
    /// The connection is reset.
    @inlinable public static var rst: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x04) } }
    /// The receiver should deliver at once.
    @inlinable public static var psh: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x08) } }
    /// The acknowledgement number counts.
    @inlinable public static var ack: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x10) } }
    /// The urgent pointer counts.
    @inlinable public static var urg: TCPFlags { @inline(__always) @_noLocks get { TCPFlags(rawValue: 0x20) } }

    /// Whether all bits of `other` are set. (`contains` is generic and not visible to `@_noLocks`.)
    @inlinable @inline(__always) @_noLocks
    public func has(_ other: TCPFlags) -> Bool { rawValue & other.rawValue == other.rawValue }

    /// These bits and those of `other`.
    @inlinable @inline(__always) @_noLocks
    public func with(_ other: TCPFlags) -> TCPFlags { TCPFlags(rawValue: rawValue | other.rawValue) }

    /// These bits without those of `other`.
    @inlinable @inline(__always) @_noLocks
    public func without(_ other: TCPFlags) -> TCPFlags { TCPFlags(rawValue: rawValue & ~other.rawValue) }
}
