import FTPCodec
import FlowTables
import PlainMemory
import TextFormats
import WireFormats

/// What a session needs beside its own state: the time, the settings, the counters, the data connections, and a
/// workbench on which replacements are written before they go into a stream.
struct Surroundings: ~Copyable {
    var now: UInt64 = 0
    var settings: Settings
    let counters: Counters
    var data: DataConnections
    var workbench: BlockPool

    /// The block of the workbench on which everything is written: a large one, for messages of SIP.
    @inline(__always) static var bench: Int { @_noLocks get { 1 } }

    init(settings: Settings, counters: consuming Counters, data: consuming DataConnections) throws(TableError) {
        let workbench = try BlockPool(count: 1, large: 1)
        self.settings = settings
        self.counters = counters
        self.data = data
        self.workbench = workbench
    }

    /// Notes that a side announced the endpoint on which it waits; none when slots or ports have run out.
    @_noLocks
    mutating func announce(_ endpoint: Endpoint, by side: Side, _ ends: Ends) -> Announcement {
        let inside = side == .inside ? endpoint : Endpoint(ends.inside.address, 0)
        let outside = side == .outside ? endpoint : Endpoint(ends.outside.address, 0)
        return data.announce(
            inside: inside, outside: outside, opener: side.other, slot: ends.slot, conversation: ends.conversation)
    }

    /// Writes a text to the workbench; its length.
    @_noLocks
    mutating func write(_ text: StaticString) -> Int {
        var bench = workbench.mutableBytes(Surroundings.bench)
        var length = 0
        bench.append(text, at: &length)
        return length
    }

    /// Writes a message with all its changes to the workbench; its length.
    @_noLocks
    mutating func write(_ bytes: RawSpan, _ message: Range<Int>, changedBy splices: borrowing Splices) -> Int {
        var bench = workbench.mutableBytes(Surroundings.bench)
        var length = 0
        splices.write(bytes, message, to: &bench, at: &length)
        return length
    }

    /// Writes a line to the workbench with another endpoint in `place`: in the form of EPRT if there is a delimiter,
    /// else in that of PORT and 227. The line is not longer than the session's maximum.
    @_noLocks
    mutating func writeLine(
        _ bytes: RawSpan, _ line: Range<Int>, _ place: Range<Int>, _ endpoint: Endpoint, _ delimiter: UInt8?
    ) -> Int {
        var bench = workbench.mutableBytes(Surroundings.bench)
        let written = HostPort(address: endpoint.address.value, port: endpoint.port)
        let start = place.lowerBound &- line.lowerBound
        bench.copy(bytes, line.lowerBound..<place.lowerBound, to: 0)
        let length =
            if let delimiter {
                EndpointText.write(extendedPort: written, delimiter: delimiter, into: &bench, at: start)
            } else {
                EndpointText.write(port: written, into: &bench, at: start)
            }
        bench.copy(bytes, place.upperBound..<line.upperBound, to: start &+ length)
        return start &+ length &+ line.upperBound &- place.upperBound
    }

    /// The same for a 229, in which only the port stands, or a 227.
    @_noLocks
    mutating func writeReply(
        _ bytes: RawSpan, _ line: Range<Int>, _ place: Range<Int>, _ endpoint: Endpoint, portOnly: Bool
    ) -> Int {
        guard portOnly else { return writeLine(bytes, line, place, endpoint, nil) }
        var bench = workbench.mutableBytes(Surroundings.bench)
        let start = place.lowerBound &- line.lowerBound
        bench.copy(bytes, line.lowerBound..<place.lowerBound, to: 0)
        let length = EndpointText.write(decimal: endpoint.port, into: &bench, at: start)
        bench.copy(bytes, place.upperBound..<line.upperBound, to: start &+ length)
        return start &+ length &+ line.upperBound &- place.upperBound
    }
}
