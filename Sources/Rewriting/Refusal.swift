/// Why a command was kept from the server, which got a NOOP in its place; and what the client reads instead of the
/// reply to that.
enum Refusal: UInt8, BitwiseCopyable {
    case address, port, syntax, family, length, longPort, afterAll, resources

    var counter: Counter {
        @_noLocks get {
            switch self {
            case .address: .refusedAddress
            case .port: .refusedPort
            case .syntax: .refusedSyntax
            case .family: .refusedFamily
            case .length: .refusedLength
            case .longPort: .refusedLongPort
            case .afterAll: .refusedAfterAll
            case .resources: .refusedResources
            }
        }
    }

    /// The reply (RFC 959 section 4.2; 504 for a forbidden port by RFC 2577 section 3, 522 by RFC 2428 section 2).
    var reply: StaticString {
        @_noLocks get {
            switch self {
            case .address: "504 Data connections go to your own address only.\r\n"
            case .port: "504 Data connections go to ports from 1024 on only.\r\n"
            case .syntax: "501 No address and port that could be understood.\r\n"
            case .family: "522 Network protocol not supported, use (1)\r\n"
            case .length: "500 Command line too long.\r\n"
            case .longPort: "502 Command not implemented, use EPRT.\r\n"
            case .afterAll: "503 Only EPSV after EPSV ALL.\r\n"
            case .resources: "425 No data connection can be had now, try again.\r\n"
            }
        }
    }
}
