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

    mutating func number16() -> UInt16 { UInt16(octet()) << 8 | UInt16(octet()) }

    /// What a segment carries: a text that means something to the gateway, or bytes of the input.
    mutating func data() -> [UInt8] {
        let selector = octet()
        if selector >= 0x80 { return Array(Input.texts[Int(selector) % Input.texts.count].utf8) }
        return (0..<Int(selector)).map { _ in octet() }
    }

    private static let texts = [
        "PORT 10,0,0,5,4,1\r\n", "EPRT |1|10.0.0.5|1025|\r\n", "LPRT x\r\n", "PORT 10,0,0,5,0,22\r\n", "PASV\r\n",
        "EPSV\r\n",
        "EPSV ALL\r\n", "AUTH TLS\r\n", "NOOP\r\n", "PORT ", "200 ok\r\n", "200-first\r\n", "500 no\r\n", "234 go\r\n",
        "227 Ok (198,51,100,9,20,1)\r\n", "229 Ok (|||5121|)\r\n", "150 wait\r\n", "421 bye\r\n",
        String(repeating: "PORT 10,0,0,5,4,1\r\n", count: 40), String(repeating: "A", count: 1400),
        "PORT " + String(repeating: "1", count: 1300), "\u{16}\u{3}\u{1}\u{0}\u{5}hello",
    ]
}
