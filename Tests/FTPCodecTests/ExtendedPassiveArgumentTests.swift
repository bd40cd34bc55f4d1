import FTPCodec
import TestSupport
import Testing

@Suite struct ExtendedPassiveArgumentTests {
    static let table: [(line: String, argument: ExtendedPassiveArgument)] = [
        ("EPSV\r\n", .none), ("EPSV \r\n", .none), ("EPSV ALL\r\n", .all), ("epsv  all \n", .all), ("EPSV AlL", .all),
        ("EPSV A\u{0}LL\r\n", .all), ("EPSV 1\r\n", .family(1)), ("EPSV 2\r\n", .family(2)),
        ("EPSV 65535", .family(65535)),
        ("EPSV ALLO\r\n", .other), ("EPSV XALL\r\n", .other), ("EPSV AL\r\n", .other), ("EPSV 1x\r\n", .other),
        ("EPSV 123456\r\n", .other), ("EPSV 12345678901234567890123\r\n", .other), ("EPSV 1 2\r\n", .other),
        ("EPSV -1\r\n", .other), ("EPSV A\u{0C}L\r\n", .other),
    ]

    @Test("No argument, ALL, a family, or something else", arguments: table)
    func rows(row: (line: String, argument: ExtendedPassiveArgument)) {
        let line = bytes(row.line)
        let argument = ExtendedPassiveArgument(line.span.bytes, Command(line: line.span.bytes).argument)
        #expect(argument == row.argument)
    }
}
