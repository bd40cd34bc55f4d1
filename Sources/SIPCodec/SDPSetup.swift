/// Who opens the TCP connection of a media (RFC 4145 section 4), or begins its DTLS (RFC 5763 section 5).
public enum SDPSetup: UInt8, Hashable, Sendable {
    /// Who says this.
    case active
    /// The other side.
    case passive
    /// Either, as the other side chooses.
    case either
    /// Nobody for now.
    case hold

    /// Reads the value of a line of the kind `setup`; nil when it is no known role.
    @_noLocks
    public init?(_ bytes: borrowing RawSpan, _ value: Range<Int>) {
        var name = CaselessName(value)
        switch name.next(in: bytes) {
        case 0x6163_7469_7665_0000: self = .active
        case 0x7061_7373_6976_6500: self = .passive
        case 0x6163_7470_6173_7300: self = .either  // actpass
        case 0x686F_6C64_636F_6E6E where name.ends(with: 0, in: bytes): self = .hold  // holdconn
        default: return nil
        }
    }
}
