/// Why a command or reply that should name an address or port does not.
public enum EndpointDefect: Error, Hashable, Sendable {
    /// It is not of the form that its RFC gives.
    case syntax
    /// A number that stands for an octet is above 255, or has more than three digits.
    case octetOutOfRange
    /// The port is 0, above 65535, or has more than five digits.
    case portOutOfRange
}
