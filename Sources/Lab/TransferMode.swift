/// How an FTP client and server agree on a data connection.
public enum TransferMode: String, CaseIterable, Sendable {
    /// Active: the server connects (RFC 959).
    case port = "PORT"
    /// Active (RFC 2428).
    case extendedPort = "EPRT"
    /// Passive: the client connects (RFC 959).
    case passive = "PASV"
    /// Passive (RFC 2428).
    case extendedPassive = "EPSV"
}
