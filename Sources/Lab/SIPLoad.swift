// Many calls at a given rate: SIPp calls from one host, SIPp answers on another, and each sends the other some sound.

import Foundation

/// A load of SIP calls: INVITE, ACK, sound both ways, BYE.
public struct SIPLoad: Sendable {
    /// One of the two ends.
    public struct Party: Sendable {
        public let host: Namespace
        /// One of the host's addresses. SIP is on port 5060 there, sound on every fourth port from 10000 on.
        public let address: String

        public init(_ host: Namespace, _ address: String) {
            self.host = host
            self.address = address
        }
    }

    /// How many calls, and how many of them begin in a second.
    public let calls: Int
    public let rate: Int
    /// UDP, or one TCP connection for all of them.
    public let transport: SIPTransport
    /// RTP packets that each sends in a call, 20 ms apart.
    public let packets: Int
    /// Whether the links lose packets: then calls are long enough for an ACK to be sent again, and the callee answers
    /// repetitions of BYE for as long as some may come.
    public let isLossy: Bool
    /// Seconds after the beginning of the last call, after which those that have not ended have failed.
    public let patience: Int

    /// Milliseconds for which BYE may come again: 0.5, 1.5 and 3.5 seconds after the first (RFC 3261 section 17.1.2.2),
    /// and once more.
    private static let repetition = 8000

    public init(
        calls: Int, rate: Int, over transport: SIPTransport, packets: Int = 5, isLossy: Bool = false,
        patience: Int = 40
    ) {
        self.calls = calls
        self.rate = rate
        self.transport = transport
        self.packets = packets
        self.isLossy = isLossy
        self.patience = patience
    }

    /// Makes the calls and returns when they have ended, or the patience has.
    ///
    /// - Parameters:
    ///   - target: where the callee is to be called, `address:port`; its own address if that is nil.
    ///   - registrar: with one, the callee registers there, and is called there.
    /// - Throws: `LabError` where SIPp is missing or does not start, or its TCP connection is refused.
    public func run(
        from caller: Party, to callee: Party, at target: String? = nil, through registrar: Registrar? = nil,
        in sandbox: Sandbox
    ) throws -> SIPLoadResult {
        guard Programs.missing(["sipp"]).isEmpty else {
            throw LabError("sipp is missing: run tools/install-packages test")
        }
        let directory = "\(sandbox.directory)/sipp-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try sound.write(to: URL(fileURLWithPath: "\(directory)/sound.pcap"))
        let scenarios = SIPScenarios(
            sound: "\(directory)/sound.pcap", milliseconds: isLossy ? 4000 : 20 * packets + 100,
            waiting: isLossy ? SIPLoad.repetition : 0)
        if let registrar {
            let registration = try start(
                "register", scenarios.registration, callee, directory,
                [
                    "-m", "1", "\(registrar.address):\(Registrar.port)",
                ])
            try registration.succeed(limit: 40)
        }
        let counters = try [caller, callee].map { try SoundCounter(on: $0.host) }
        let answering = try start("callee", scenarios.callee, callee, directory, ["-m", "\(calls)"])
        try callee.host.wait(forPort: 5060, of: answering, isUDP: transport == .udp)
        let target = target ?? "\(registrar?.address ?? callee.address):5060"
        let calling = try start(
            "caller", scenarios.caller, caller, directory,
            ["-m", "\(calls)", "-r", "\(rate)", "-trace_rtt", "-rtt_freq", "1", target])
        // Nil where it had to be killed: its own -timeout waits for its calls. Its statistics are those of the last
        // second then. 0: every call succeeded; 1: not every call.
        let outcome = try? calling.wait(limit: Double(calls / rate + patience))
        if let outcome, outcome.status > 1 {
            throw LabError("sipp failed with \(outcome.status): \(outcome.errors)\(outcome.output.suffix(2000))")
        }
        // It ends by itself after the last BYE. SIGUSR1 ends it where calls have not come, but not where one has come
        // and not ended.
        if outcome?.status == 0 { _ = try? answering.wait(limit: isLossy ? 5 + Double(SIPLoad.repetition) / 1000 : 5) }
        if answering.isRunning { _ = try? answering.stop(signal: SIGUSR1, limit: 2) }
        return try SIPLoadResult(
            callerStatistics: "\(directory)/caller.csv", calleeStatistics: "\(directory)/callee.csv",
            responseTimes: "\(directory)/caller_\(calling.pid)_rtt.csv", calls: calls,
            soundToCaller: counters[0].stop(), soundToCallee: counters[1].stop())
    }

    private func start(
        _ name: String, _ scenario: String, _ party: Party, _ directory: String, _ arguments: [String]
    ) throws -> ChildProcess {
        try scenario.write(toFile: "\(directory)/\(name).xml", atomically: false, encoding: .utf8)
        // It writes some of its files where it is, whatever it is told.
        return try party.host.start(
            [
                "env", "--chdir=\(directory)", "sipp", "-sf", "\(name).xml", "-s", "callee", "-i", party.address,
                "-mi", party.address, "-p", "5060", "-mp", "10000", "-t", transport == .udp ? "u1" : "t1", "-nostdin",
                "-trace_stat", "-stf", "\(name).csv", "-fd", "1", "-trace_err", "-error_file", "\(name).err",
            ] + arguments)
    }

    /// A capture file of silence (PCMU), which SIPp plays from and to the ports of each call.
    private var sound: Data {
        func big(_ number: Int, _ bytes: Int) -> [UInt8] {
            (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        func little(_ number: Int, _ bytes: Int) -> [UInt8] { big(number, bytes).reversed() }
        var file = little(0xa1b2_c3d4, 4) + little(2, 2) + little(4, 2) + little(0, 8) + little(65535, 4) + little(1, 4)
        for number in 0..<packets {
            let rtp =
                [0x80, 0] + big(number, 2) + big(160 * number, 4) + big(1, 4) + [UInt8](repeating: 0xff, count: 160)
            let udp = big(5004, 2) + big(5004, 2) + big(8 + rtp.count, 2) + big(0, 2) + rtp
            let ip = [0x45, 0] + big(20 + udp.count, 2) + big(0, 4) + [64, 17] + big(0, 2) + big(0, 8) + udp
            let frame = big(0, 12) + big(0x0800, 2) + ip
            file += little(0, 4) + little(20_000 * number, 4) + little(frame.count, 4) + little(frame.count, 4) + frame
        }
        return Data(file)
    }
}
