/// The bytes of an input, taken one after the other; behind its end they are all 0.
struct Input {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next byte, or nil at the end.
    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    mutating func octet() -> UInt8 { next() ?? 0 }

    /// One of several, by the next byte.
    mutating func one<Element>(of elements: [Element]) -> Element { elements[Int(octet()) % elements.count] }

    /// So many bytes as the next one says, at most 63.
    mutating func data() -> [UInt8] { (0..<Int(octet() & 63)).map { _ in octet() } }
}
