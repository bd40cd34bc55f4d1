/// One thing for an FTP client to do. Local names are full paths, remote ones are below the server's `/files`.
public enum Transfer: Sendable {
    case download(remote: String, local: String)
    case upload(local: String, remote: String)
    /// The listing of `/files`.
    case list(local: String)
}
