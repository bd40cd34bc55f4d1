/// The bytes of a text whose characters are all below U+0100: "\u{FF}" is the byte 0xFF.
public func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

/// The text of a range of bytes.
public func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(String.UnicodeScalarView(bytes[range].map { Unicode.Scalar($0) }))
}
