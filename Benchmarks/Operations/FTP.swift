import FTPCodec
import WireFormats

/// Parsing FTP, and taking whole segments of it through the gateway.
extension Operation {
    static var ftp: [Operation] {
        [
            onLine("ftp-command", 400, "RETR pub/linux/README\r\n") { line in
                UInt64(Command(line: line).argument.count)
            },
            onLine("ftp-port", 1_000, "PORT 192,168,1,10,203,13\r\n") { line in
                let command = Command(line: line)
                return (try? PortArgument.parse(line, command.argument)).map { UInt64($0.port) } ?? 0
            },
            onLine("ftp-passive-reply", 1_000, "227 Entering Passive Mode (203,0,113,20,190,20).\r\n") { line in
                (try? PassiveReply.parse(line)).map { UInt64($0.endpoint.port) } ?? 0
            },
            exchange("stream-pass", 10_000, command: "NOOP\r\n"),
            exchange("stream-edit", 15_000, command: "PORT 10,0,0,5,203,13\r\n"),
        ]
    }

    private static func onLine(
        _ name: String, _ mostNanoseconds: Double, _ line: String, _ work: @escaping @Sendable (RawSpan) -> UInt64
    ) -> Operation {
        Operation(name: name, mostNanoseconds: mostNanoseconds) {
            let bytes = Array(line.utf8)
            return { count in
                var sum: UInt64 = 0
                for _ in 0..<count { sum &+= work(bytes.span.bytes) }
                return sum
            }
        }
    }

    /// A command and its reply through the gateway, in and out: two segments.
    private static func exchange(_ name: String, _ mostNanoseconds: Double, command: String) -> Operation {
        Operation(name: name, mostNanoseconds: mostNanoseconds) {
            let dialogue = try Dialogue(command: command)
            return { count in
                for _ in 0..<count { dialogue.exchange() }
                return dialogue.octets
            }
        }
    }
}
