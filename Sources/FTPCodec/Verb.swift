// The commands that the gateway acts on, and how they may be spelt.

import TextFormats

/// What a command line asks for, as far as the gateway cares.
public enum Verb: UInt8, Hashable, Sendable {
    /// An empty line: no command.
    case none
    /// Any command that the gateway has nothing to do with.
    case other
    /// PORT: the client announces its data address (RFC 959 section 4.1.2).
    case port
    /// EPRT: the same for any address family (RFC 2428 section 2).
    case eprt
    /// LPRT: the same in the long form (RFC 1639), which is obsolete.
    case lprt
    /// PASV: asks for the server's data address in a 227 reply. CPSV (the server opens TLS as a client) and P@SW
    /// (a spelling meant to slip past gateways) get the same reply, and count as PASV.
    case pasv
    /// EPSV: asks for the server's data port in a 229 reply (RFC 2428 section 3).
    case epsv
    /// LPSV: asks for the server's data address in the long form (RFC 1639).
    case lpsv
    /// AUTH: asks to protect the control connection (RFC 2228 section 3, RFC 4217 section 4).
    case auth

    /// True for the commands that the gateway may change, refuse, or must know the outcome of.
    public var isActedOn: Bool {
        @_noLocks get {
            switch self {
            case .none, .other: false
            default: true
            }
        }
    }
}

/// The letters of a verb as they are read: upper case, the first in the highest bits.
struct VerbSpelling {
    /// The last four letters.
    var letters: UInt32
    /// How many letters there are in all.
    var count: Int

    /// No letters yet.
    @_noLocks
    init() {
        letters = 0
        count = 0
    }

    @_noLocks
    mutating func append(_ letter: UInt8) {
        letters = letters << 8 | UInt32(truncatingIfNeeded: letter.upperCased)
        count &+= 1
    }

    /// The verb that the letters make.
    @_noLocks
    func verb() -> Verb {
        guard count == 4 else { return .other }
        let known = Self.known()
        for index in known.indices where known[index].letters == letters { return known[index].verb }
        return .other
    }

    /// Whether more letters, or none, can make it a verb that is acted on.
    @_noLocks
    func mayBecomeActedOn() -> Bool {
        guard count <= 4 else { return false }
        let missingBits = UInt32(truncatingIfNeeded: 8 &* (4 &- count))
        let known = Self.known()
        for index in known.indices where known[index].letters >> missingBits == letters { return true }
        return false
    }

    @_noLocks
    private static func known() -> [9 of (letters: UInt32, verb: Verb)] {
        [
            (0x504F_5254, .port), (0x4550_5254, .eprt), (0x4C50_5254, .lprt),
            (0x5041_5356, .pasv), (0x4350_5356, .pasv), (0x5040_5357, .pasv),  // PASV, CPSV, P@SW
            (0x4550_5356, .epsv), (0x4C50_5356, .lpsv), (0x4155_5448, .auth),
        ]
    }
}
