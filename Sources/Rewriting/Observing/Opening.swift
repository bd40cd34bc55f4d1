import WireFormats

/// A way through that would be opened.
public enum Opening: Hashable, Sendable, CustomStringConvertible {
    /// Once, for a connection from an address, to the place behind a public endpoint.
    case pinhole(from: IPv4Address, to: Endpoint, behind: Endpoint)
    /// A public endpoint for the SIP of an inside one.
    case signalling(inside: Endpoint, translated: Endpoint)
    /// Both ways, between the ends of a media stream.
    case media(inside: Endpoint, translated: Endpoint, outside: Endpoint, isControl: Bool)

    /// One line for people.
    public var description: String {
        switch self {
        case .pinhole(let from, let to, let behind): "would open once: \(from) > \(to), leads to \(behind)"
        case .signalling(let inside, let translated): "would open for signalling: \(translated), leads to \(inside)"
        case .media(let inside, let translated, let outside, let isControl):
            "would open for \(isControl ? "RTCP" : "media"): \(outside) <> \(translated), leads to \(inside)"
        }
    }
}
