import CTraffic
import Foundation
import Routing
import WireFormats

/// FTP control connections, of which both ends are played in XDP: the client on one interface, the server on another.
///
/// What is measured with it is what lies between, since an end costs a tenth of a TCP stack's. Each connection has one
/// command under way at a time, each in a segment of its own, as FTP has it. Attached while it lives.
public final class ControlTraffic {
    /// What has happened.
    public struct Results: Sendable {
        /// Commands that were answered.
        public let answers: Double
        /// Connections that were set up, the server's greeting included.
        public let greetings: Double
        /// PORT and EPRT commands that reached the server with the public address, and RETR, which has none.
        public let rewritten, others: Double
        /// What nobody should have received: a private address at the server, a repeated or reset segment.
        public let strange: Double
        /// From a command to its answer.
        public let latencies: Latencies

        /// What happened between two readings.
        public static func - (later: Results, earlier: Results) -> Results {
            Results(
                answers: later.answers - earlier.answers, greetings: later.greetings - earlier.greetings,
                rewritten: later.rewritten - earlier.rewritten, others: later.others - earlier.others,
                strange: later.strange - earlier.strange, latencies: later.latencies - earlier.latencies)
        }
    }

    private static let maximum = 8192
    private let program: BPFProgram
    private let server: ProgramLink
    private let client: ProgramLink
    private var passes: [ProgramLink] = []
    private let within: (() throws -> Void) throws -> Void
    /// The last one, because workers begin at the first, and a thread that shares its processor with the generator, which
    /// never rests, waits for its time slices.
    private let generatorProcessor = ProcessInfo.processInfo.processorCount - 1
    private var settings = control_settings()
    private var commands: [control_line] = []

    /// Puts both ends in place.
    ///
    /// - Parameters:
    ///   - address: the client's, which it says in its commands.
    ///   - station: the next hop of the client.
    ///   - onClient: runs its argument in the client's network namespace.
    ///   - onServer: likewise.
    public init(
        from address: IPv4Address, _ sender: EthernetAddress, to server: IPv4Address, via station: EthernetAddress,
        client clientInterface: String, server serverInterface: String,
        onClient: @escaping (() throws -> Void) throws -> Void, onServer: (() throws -> Void) throws -> Void
    ) throws {
        // nf_conntrack_ftp reads nothing in the first line of a conversation.
        commands = [control_line("USER of-the-laboratory\r\n")]
        commands += (0..<16).flatMap { number in
            let (port, host) = (50_000 + 137 * number, "\(address)".replacing(".", with: ","))
            return [
                "PORT \(host),\(port / 256),\(port % 256)\r\n", "EPRT |1|\(address)|\(port)|\r\n",
                "RETR a-file-that-is-not\r\n",
            ].map(control_line.init)
        }
        program = try BPFProgram(
            ControlObject.hexadecimal, sizes: ["connections": ControlTraffic.maximum, "commands": commands.count])
        for (index, line) in commands.enumerated() { try program.set("commands", UInt32(index), to: line) }
        let answers = ["220 \r\n", "200 PORT command OK.\r\n", "550 No such file.\r\n"]
        for (index, text) in answers.enumerated() {
            try program.set("answers", UInt32(index), to: control_line(text))
        }
        let head = UDPFlow(from: Endpoint(address, 0), to: Endpoint(server, 0))
            .head(length: 60, from: sender, to: station)
        withUnsafeMutableBytes(of: &settings.head) { settings in
            withUnsafeBytes(of: head) { settings.copyBytes(from: $0.prefix(34)) }
            settings[23] = 6  // TCP
        }
        settings.commands = UInt32(commands.count)
        within = onClient
        var (index, attached): (UInt32, [ProgramLink]) = (0, [])
        let (clientProgram, serverProgram) = (program.descriptor("client"), program.descriptor("server"))
        try onClient {
            index = if_nametoindex(clientInterface)
            attached.append(try ProgramLink(clientProgram, to: clientInterface))
        }
        try onServer { attached.append(try ProgramLink(serverProgram, to: serverInterface)) }
        settings.interface = index
        (self.client, self.server) = (attached[0], attached[1])
    }

    /// Lets an interface of this thread's network namespace, a router's, take what the ends send, while the kernel
    /// routes: it passes everything.
    public func pass(_ interface: String) throws {
        passes.append(try ProgramLink(program.descriptor("pass"), to: interface))
    }

    /// Everything since the beginning.
    public func results() throws -> Results {
        let values = try program.readAll("results", like: control_results())
        func sum(_ field: KeyPath<control_results, UInt64>) -> Double {
            values.reduce(0) { $0 + Double($1[keyPath: field]) }
        }
        return Results(
            answers: sum(\.answers), greetings: sum(\.greetings), rewritten: sum(\.rewritten), others: sum(\.others),
            strange: sum(\.strange), latencies: Latencies(values.map(\.latencies)))
    }

    // MARK: What can be done

    /// Opens connections and has each say its next command as soon as the last one is answered, for some time.
    ///
    /// - Parameters:
    ///   - begun: is called when all of them speak.
    ///   - finished: is called after that time, with what happened in it.
    public func saturate(
        connections: Int, seconds: Double, begun: () -> Void, finished: (Results) -> Void
    ) throws {
        try start(connections, CONTROL_LOOP, firstPort: 20_000)
        try establish(connections)
        let before = try results()
        begun()
        usleep(UInt32(seconds * 1e6))
        finished(try results() - before)
        try end()
    }

    /// Opens connections and begins so many commands a second, for some time.
    ///
    /// - Returns: what happened in that time, and how many were begun.
    public func pace(
        connections: Int, perSecond: Double, seconds: Double
    ) throws -> (results: Results, begun: Double) {
        try start(connections, CONTROL_PACED, firstPort: 30_000)
        try establish(connections)
        let before = try results()
        let begun = try generate(seconds, perSecond: perSecond)
        usleep(50_000)
        let during = try results() - before
        try end()
        return (during, begun)
    }

    /// Opens so many connections a second, or as many as can be opened, and resets each once the server has greeted.
    ///
    /// - Returns: what happened, and how many were begun.
    public func open(seconds: Double, perSecond: Double?) throws -> (results: Results, begun: Double) {
        try start(ControlTraffic.maximum, CONTROL_END, firstPort: 40_000)
        let before = try results()
        let begun = try generate(seconds, perSecond: perSecond)
        usleep(50_000)
        return (try results() - before, begun)
    }

    private func start(_ connections: Int, _ mode: control_mode, firstPort: UInt16) throws {
        for index in 0..<connections {
            try program.set("connections", UInt32(index), to: control_connection())
        }
        settings.mode = mode.rawValue
        settings.connections = UInt32(connections)
        settings.port = firstPort
        try program.set("settings", to: settings)
    }

    /// Opens all connections and has them say their first command.
    private func establish(_ connections: Int) throws {
        for _ in 0..<20 {
            try generate(0.25, perSecond: 5000)
            let open = try (0..<connections).count { index in
                let connection = try program.read("connections", UInt32(index), like: control_connection())
                return connection.phase >= CONTROL_IDLE.rawValue && connection.command > 0
            }
            if open == connections { return }
        }
        let results = try results()
        throw BPFFailure(
            "opening \(connections) control connections (\(Int(results.greetings)) greeted, \(Int(results.strange)) "
                + "strange segments)", ETIMEDOUT)
    }

    /// Resets every connection: those that wait for an answer when it comes, the others at once.
    private func end() throws {
        settings.mode = CONTROL_CLOSE.rawValue
        try program.set("settings", to: settings)
        usleep(50_000)
        try generate(0.1, perSecond: nil)
    }

    /// Lets the generator begin what can be begun. Returns how much that was.
    @discardableResult
    private func generate(_ seconds: Double, perSecond: Double?) throws -> Double {
        var state = settings
        state.interval = perSecond.map { UInt64(1e9 / $0) } ?? 0
        try program.set("settings", to: state)
        try within {
            try program.generate(
                length: Int(CONTROL_HEADERS.rawValue + CONTROL_LINE.rawValue), batch: 16, seconds: seconds,
                on: generatorProcessor)
        }
        return Double(try program.read("settings", like: state).started)
    }
}

extension control_line {
    /// A line of at most `CONTROL_LINE` bytes, with its end.
    fileprivate init(_ text: String) {
        self.init()
        let bytes = Array(text.utf8)
        precondition(bytes.count <= Int(CONTROL_LINE.rawValue), "a line that is too long")
        length = UInt32(bytes.count)
        sum = UInt32(Checksum.fold(Checksum.sum(bytes.span.bytes, 0..<bytes.count)))
        withUnsafeMutableBytes(of: &self.bytes) { $0.copyBytes(from: bytes) }
    }
}
