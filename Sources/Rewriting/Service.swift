import SIPCodec

/// What is served on a port.
enum Service: UInt8, BitwiseCopyable {
    /// Nothing.
    case none = 0
    /// FTP's control conversations.
    case ftp
    /// SIP over TCP.
    case sip

    /// The most by which one replacement in a stream may be longer than what it replaces: a line of FTP, or of a
    /// message of SIP as many addresses as `Splices` holds.
    var growthMax: Int {
        @inline(__always) @_noLocks get {
            if case .sip = self { return Splices.growthMax }
            return 128
        }
    }

    /// Whether what is held for an edit may be larger than a small block.
    var hasLargeMessages: Bool {
        @inline(__always) @_noLocks get {
            if case .sip = self { return true }
            return false
        }
    }
}
