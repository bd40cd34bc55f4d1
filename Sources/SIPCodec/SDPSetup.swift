/// Who opens the TCP connection of a media (RFC 4145 section 4), or begins its DTLS (RFC 5763 section 5).
public enum SDPSetup: UInt8, BitwiseCopyable, Hashable, Sendable {
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
        if bytes.isKeyword(value, "active") {
            self = .active
        } else if bytes.isKeyword(value, "passive") {
            self = .passive
        } else if bytes.isKeyword(value, "actpass") {
            self = .either
        } else if bytes.isKeyword(value, "holdconn") {
            self = .hold
        } else {
            return nil
        }
    }
}
