import WireFormats

/// A way through that would be opened.
public enum Opening: Hashable, Sendable, CustomStringConvertible {
    /// Once, for a connection from an address, to the place behind a public endpoint.
    case pinhole(from: IPv4Address, to: Endpoint, behind: Endpoint)
    /// A public endpoint for the SIP of an inside one.
    case signalling(inside: Endpoint, translated: Endpoint)
    /// Both ways, between the ends of a media stream.
    case media(inside: Endpoint, translated: Endpoint, outside: Endpoint, isControl: Bool)

    /// A public endpoint for connections of a media to an inside one, from the host that the answer will name.
    case connections(inside: Endpoint, translated: Endpoint)

    /// One line for people.
    public var description: String {
        switch self {
        case .pinhole(let from, let to, let behind): "would open once: \(from) > \(to), leads to \(behind)"
        case .signalling(let inside, let translated): "would open for signalling: \(translated), leads to \(inside)"
        case .media(let inside, let translated, let outside, let isControl):
            "would open for \(isControl ? "RTCP" : "media"): \(outside) <> \(translated), leads to \(inside)"
        case .connections(let inside, let translated):
            "would await the other end's connections for media: \(translated), leads to \(inside)"
        }
    }
}
