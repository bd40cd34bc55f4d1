/// The bytes of a message, and where in them its fields stand.
///
/// Templates name fields by characters that no message has; see `Field`.
public struct MessageText: Sendable {
    /// What differs from call to call, or between the two sides of a translator.
    public enum Field: UInt8, CaseIterable, Sendable {
        /// The phone's address.
        case address = 1
        /// Its port for signalling, five digits.
        case port
        /// Its port for media, five digits.
        case media
        /// The number of the call, eight hexadecimal digits.
        case call

        /// As it stands in a template.
        var mark: String { String(UnicodeScalar(rawValue)) }
    }

    /// What fields stand for.
    public struct Values: Sendable {
        /// As `Field` says.
        public var address, port, media, call: String

        /// These, which a number of another length would make another message.
        public init(address: String, port: UInt16, media: UInt16, call: UInt32) {
            precondition(port >= 10_000 && media >= 10_000, "ports of five digits")
            self.address = address
            self.port = "\(port)"
            self.media = "\(media)"
            let digits = String(call, radix: 16)
            self.call = String(repeating: "0", count: 8 - digits.count) + digits
        }

        fileprivate subscript(_ field: Field) -> String {
            switch field {
            case .address: address
            case .port: port
            case .media: media
            case .call: call
            }
        }
    }

    /// The message.
    public private(set) var bytes: [UInt8] = []
    private var places: [Field: [Int]] = [:]

    /// A message from the templates of its header section, without Content-Length, and its body.
    init(head: String, body: String, _ values: Values) {
        let body = MessageText(body, values)
        self.init("\(head)\nContent-Length: \(body.bytes.count)\n\n", values)
        for (field, offsets) in body.places { places[field, default: []] += offsets.map { $0 + bytes.count } }
        bytes += body.bytes
    }

    private init(_ template: String, _ values: Values) {
        for byte in template.utf8 {
            if let field = Field(rawValue: byte) {
                places[field, default: []].append(bytes.count)
                bytes += values[field].utf8
            } else {
                bytes += byte == 10 ? [13, 10] : [byte]
            }
        }
    }

    /// Where a field stands, ascending.
    public func places(of field: Field) -> [Int] { places[field] ?? [] }
}
