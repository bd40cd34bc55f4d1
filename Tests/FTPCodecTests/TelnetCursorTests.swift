import FTPCodec
import TestSupport
import Testing

@Suite struct TelnetCursorTests {
    /// Input, and the data that a Telnet receiver sees in it.
    static let table: [(input: String, data: String)] = [
        ("NOOP\r\n", "NOOP\r\n"),
        ("\u{FF}\u{F4}\u{FF}\u{F2}ABOR\r\n", "ABOR\r\n"),  // IP, Synch: how clients abort
        ("A\u{FF}\u{FF}B", "A\u{FF}B"),
        ("A\u{FF}\u{FB}\u{01}B\u{FF}\u{FC}\u{01}C\u{FF}\u{FD}\u{01}D\u{FF}\u{FE}\u{01}E", "ABCDE"),
        ("A\u{FF}\u{F1}B", "AB"),
        ("A\u{FF}\u{FA}\u{18}\u{00}xterm\u{FF}\u{F0}B", "AB"),
        ("A\u{FF}\u{FA}\u{18}\u{FF}\u{FF}x\u{FF}\u{F0}B", "AB"),
        ("A\u{FF}\u{FA}never ends\r\n", "A\n"),
        ("A\u{FF}\n", "A\n"), ("A\u{FF}\u{FB}\n", "A\n"), ("A\u{FF}\u{FA}\u{FF}\n", "A\n"),
        ("A\u{FF}", "A"), ("A\u{FF}\u{FB}", "A"),
        ("\u{0}P\u{0}\u{0}O\u{0}", "PO"),
        ("", ""),
    ]

    @Test("Telnet commands and NUL are passed over, LF never is", arguments: table)
    func rows(row: (input: String, data: String)) {
        let line = bytes(row.input)
        var cursor = TelnetCursor(0..<line.count)
        var data: [UInt8] = []
        while let byte = cursor.next(in: line.span.bytes) {
            #expect(line[byte.offset] == byte.value && line[byte.end - 1] == byte.value)
            #expect(byte.end - byte.offset == (byte.value == 0xFF ? 2 : 1))
            data.append(byte.value)
        }
        #expect(data == bytes(row.data))
    }

    @Test func `Only the given range is read`() {
        let line = bytes("ABCDE")
        var cursor = TelnetCursor(1..<3)
        var offsets: [Int] = []
        while let byte = cursor.next(in: line.span.bytes) { offsets.append(byte.offset) }
        #expect(offsets == [1, 2])
    }
}
