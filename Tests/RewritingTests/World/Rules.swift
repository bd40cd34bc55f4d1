import WireFormats

/// What the rules prescribe for whole lines, written a second time and in the plainest way: the reference for what both
/// ends must read.
struct Rules {
    /// A piece of what the server must read.
    enum Piece {
        case bytes([UInt8])
        /// A public endpoint as h1,h2,h3,h4,p1,p2.
        case port
        /// A public endpoint between delimiters.
        case extendedPort(Character)
    }

    /// What becomes of a command: what the server reads, and what the client reads instead of the server's reply.
    struct Outcome {
        var pieces: [Piece]
        var refusal: [UInt8]?
        var announces = false
    }

    static let lineMax = 1024
    let client: IPv4Address
    /// EPSV ALL was accepted.
    var isOnlyExtendedPassive = false

    func outcome(of line: [UInt8]) -> Outcome {
        let text = Rules.visible(line)
        let verb = String(text.prefix { $0.isLetter || $0 == "@" }).uppercased()
        let argument = text.dropFirst(verb.count).trimmingSpaces
        guard ["PORT", "EPRT", "LPRT", "PASV", "CPSV", "P@SW", "EPSV", "LPSV", "AUTH"].contains(verb) else {
            return Outcome(pieces: [.bytes(line)])
        }
        if line.count > Rules.lineMax { return refused("500 Command line too long.") }
        switch verb {
        case "LPRT": return refused("502 Command not implemented, use EPRT.")
        case "PORT", "EPRT", "PASV", "CPSV", "P@SW", "LPSV":
            if isOnlyExtendedPassive { return refused("503 Only EPSV after EPSV ALL.") }
            guard verb == "PORT" || verb == "EPRT" else { break }
            return outcome(of: line, argument, isExtended: verb == "EPRT")
        default: break
        }
        return Outcome(pieces: [.bytes(line)])
    }

    private func outcome(of line: [UInt8], _ argument: String, isExtended: Bool) -> Outcome {
        var delimiter: Character = ","
        let parsed: (address: [Int], port: Int)?
        if isExtended {
            delimiter = argument.first ?? " "
            let fields = argument.split(separator: delimiter, omittingEmptySubsequences: false).map(String.init)
            if fields.count >= 2, let family = Int(fields[1]), family != 1 {
                return refused("522 Network protocol not supported, use (1)")
            }
            parsed = fields.count == 5 ? (Rules.numbers(fields[2], "."), Int(fields[3]) ?? 0) : nil
        } else {
            let numbers = Rules.numbers(argument, ",")
            parsed = numbers.count == 6 ? (Array(numbers[..<4]), numbers[4] << 8 | numbers[5]) : nil
            if numbers.contains(where: { $0 > 255 }) {
                return refused("501 No address and port that could be understood.")
            }
        }
        guard let (address, port) = parsed, address.count == 4, address.allSatisfy({ 0...255 ~= $0 }),
            1...65535 ~= port
        else { return refused("501 No address and port that could be understood.") }
        guard address.reduce(0, { $0 << 8 | UInt32($1) }) == client.value else {
            return refused("504 Data connections go to your own address only.")
        }
        guard port >= 1024 else { return refused("504 Data connections go to ports from 1024 on only.") }
        guard let range = Rules.range(of: argument, in: line) else { return Outcome(pieces: [.bytes(line)]) }
        let middle: Piece = isExtended ? .extendedPort(delimiter) : .port
        return Outcome(
            pieces: [.bytes(Array(line[..<range.lowerBound])), middle, .bytes(Array(line[range.upperBound...]))],
            announces: true)
    }

    private func refused(_ reply: String) -> Outcome {
        Outcome(pieces: [.bytes(Array("NOOP\r\n".utf8))], refusal: Array((reply + "\r\n").utf8))
    }

    /// The characters of a line without NUL and Telnet commands (RFC 854).
    private static func visible(_ line: [UInt8]) -> String {
        var text = ""
        var index = 0
        while index < line.count {
            if line[index] == 0xFF {
                index += index + 1 < line.count && 251...254 ~= line[index + 1] ? 3 : 2
                continue
            }
            if line[index] != 0 { text.unicodeScalars.append(Unicode.Scalar(line[index])) }
            index += 1
        }
        return text.trimmingSpaces
    }

    private static func numbers(_ text: String, _ separator: Character) -> [Int] {
        text.split(separator: separator, omittingEmptySubsequences: false).compactMap { Int($0) }
    }

    private static func range(of text: String, in line: [UInt8]) -> Range<Int>? {
        let wanted = Array(text.unicodeScalars.map { UInt8($0.value) })
        return (0...max(0, line.count - wanted.count)).first { line[$0...].starts(with: wanted) }
            .map { $0..<$0 + wanted.count }
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String {
        var text = Substring(self)
        while let last = text.unicodeScalars.last, last.value <= 32 { text.unicodeScalars.removeLast() }
        while let first = text.unicodeScalars.first, first.value <= 32 { text.unicodeScalars.removeFirst() }
        return String(text)
    }
}
