// What the tests of this directory share: short names for parsing.

import FTPCodec
import TestSupport

/// A command line's verb and the text of its argument.
func command(_ line: String) -> (verb: Verb, argument: String) {
    let line = bytes(line)
    let command = Command(line: line.span.bytes)
    return (command.verb, text(line, command.argument))
}

/// The endpoint that a whole PORT line names.
func port(_ line: String) throws(EndpointDefect) -> HostPort {
    let line = bytes(line)
    return try PortArgument.parse(line.span.bytes, Command(line: line.span.bytes).argument)
}

/// The endpoint that a whole EPRT line names.
func extendedPort(_ line: String) throws(EndpointDefect) -> ExtendedPortArgument {
    let line = bytes(line)
    return try ExtendedPortArgument.parse(line.span.bytes, Command(line: line.span.bytes).argument)
}

/// The endpoint that a 227 line names, and its text.
func passive(_ line: String) throws(EndpointDefect) -> (endpoint: HostPort, text: String) {
    let line = bytes(line)
    let match = try PassiveReply.parse(line.span.bytes)
    return (match.endpoint, text(line, match.range))
}

/// The port that a 229 line names, and its text.
func extendedPassive(_ line: String) throws(EndpointDefect) -> (port: UInt16, text: String) {
    let line = bytes(line)
    let match = try ExtendedPassiveReply.parse(line.span.bytes)
    return (match.port, text(line, match.range))
}

// The testing macros cannot take a span as an argument; these take its bytes.

/// Where the line that begins at `start` ends.
func lineEnd(_ stream: [UInt8], from start: Int) -> Int? { LineEnd.find(in: stream.span.bytes, from: start) }

/// What an incomplete line can become.
func foresee(_ prefix: [UInt8]) -> Foresight { Command.foresee(prefix: prefix.span.bytes) }

/// The line of a reply that begins so.
func replyLine(_ prefix: [UInt8]) -> ReplyLine? { ReplyLine(prefix.span.bytes) }

extension TLSRecords {
    /// Follows all of `bytes`.
    mutating func follow(_ bytes: [UInt8]) -> Progress { follow(bytes.span.bytes, from: 0) }
}

/// What a writer writes into an empty buffer of `room` bytes.
func written(_ room: Int, _ write: (inout MutableRawSpan) -> Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: room)
    var span = buffer.mutableSpan
    var raw = span.mutableBytes
    let count = write(&raw)
    return Array(buffer[..<count])
}

/// 10.0.0.1, port 1025: h1,h2,h3,h4,p1,p2 is 10,0,0,1,4,1.
let example = HostPort(address: 0x0A00_0001, port: 1025)
