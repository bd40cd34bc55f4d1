// baresip as a telephone: it registers, calls, answers by itself, and sings one note for as long as a call lasts.

import Foundation
import Synchronization

/// A running telephone, which is told what to do through its keyboard and says on its screen what happens.
public final class Phone: Sendable {
    /// The user name.
    public let name: String
    /// Its own address, on the interface of its host.
    public let address: String
    /// What it sings, in Hz: by it a listener knows whom it hears.
    public let note: Int
    private let uri: String
    private let process: ChildProcess
    private let keyboard: FileHandle
    /// Before all that it has said of its last call.
    private let lastCall = Mutex(ChildProcess.Mark.beginning)

    /// Starts it, and returns when it is ready; it registers at once, and again every ten minutes.
    ///
    /// - Parameters:
    ///   - note: a multiple of 50 Hz, so that a packet of 20 ms holds whole waves.
    ///   - registrar: where it belongs; without one it can only call addresses, and be called at its own.
    ///   - transport: how it reaches its registrar, and is reached by it.
    ///   - port: where it listens for SIP.
    /// - Throws: `LabError` where it is not there or does not start.
    public init(
        _ name: String, at address: String, on host: Namespace, singing note: Int, registrar: Registrar?,
        over transport: SIPTransport = .udp, port: UInt16 = 5060, in sandbox: Sandbox
    ) throws {
        self.name = name
        self.address = address
        self.note = note
        uri = registrar?.user(name) ?? "sip:\(name)@\(address)"
        let run = "\(sandbox.directory)/\(name)"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        let modules = URL(fileURLWithPath: try Programs.server("usr/lib/baresip/modules/menu.so"))
            .deletingLastPathComponent().path
        try Phone.configuration("\(address):\(port)", note, modules).write(
            toFile: "\(run)/config", atomically: false, encoding: .utf8)
        let way = transport == .tcp ? ";transport=tcp" : ""
        try "<\(uri)\(way)>;regint=\(registrar == nil ? 0 : 600);answermode=auto\n".write(
            toFile: "\(run)/accounts", atomically: false, encoding: .utf8)
        try "".write(toFile: "\(run)/contacts", atomically: false, encoding: .utf8)
        let pipe = Pipe()
        keyboard = pipe.fileHandleForWriting
        process = try host.start(
            [try Programs.server("usr/bin/baresip"), "-f", run], input: pipe.fileHandleForReading)
        try pipe.fileHandleForReading.close()
        try process.wait(for: "baresip is ready", limit: 10)
    }

    /// Whether the registrar has agreed that it belongs there, or does within `limit` seconds.
    public func isRegistered(limit: TimeInterval = 5) -> Bool {
        process.wait(forAnyOf: ["200 OK"], limit: limit) != nil
    }

    /// Calls another phone, which answers by itself; a call that is not established in time is given up.
    ///
    /// - Parameter target: whom to call; its address of record if that is nil.
    /// - Returns: whether both say that the call is established.
    public func call(_ other: Phone, at target: String? = nil, limit: TimeInterval = 5) throws -> Bool {
        let (mark, otherMark) = (process.mark, other.process.mark)
        lastCall.withLock { $0 = mark }
        other.lastCall.withLock { $0 = otherMark }
        try type("/dial \(target ?? other.uri)")
        let answer = process.wait(forAnyOf: ["Call established", "session closed"], after: mark, limit: limit)
        if answer == "Call established",
            other.process.wait(forAnyOf: ["Call established"], after: otherMark, limit: limit) != nil
        {
            return true
        }
        if answer != "session closed" { try type("/hangup") }
        return false
    }

    /// Whether it has itself received sound in its last call, or does within `limit` seconds.
    public func hasReceivedSound(limit: TimeInterval = 1) -> Bool {
        process.wait(forAnyOf: ["incoming rtp for 'audio' established"], after: lastCall.withLock { $0 }, limit: limit)
            != nil
    }

    /// Puts the call on hold, or takes it back, by a new INVITE in its dialogue.
    ///
    /// - Returns: whether the other phone was asked, and both have agreed upon the change.
    public func hold(_ isHeld: Bool, with other: Phone, limit: TimeInterval = 5) throws -> Bool {
        let (mark, otherMark) = (process.mark, other.process.mark)
        try type(isHeld ? "/hold" : "/resume")
        return other.process.wait(forAnyOf: ["got re-INVITE"], after: otherMark, limit: limit) != nil
            && process.wait(forAnyOf: ["stream: update"], after: mark, limit: limit) != nil
    }

    /// Hangs up.
    ///
    /// - Returns: whether the other phone has noticed.
    public func hangUp(with other: Phone, limit: TimeInterval = 5) throws -> Bool {
        let otherMark = other.process.mark
        try type("/hangup")
        return other.process.wait(forAnyOf: ["session closed"], after: otherMark, limit: limit) != nil
    }

    /// Switches it off. It has no time to take leave.
    public func stop() throws {
        try process.stop(signal: SIGKILL)
        try keyboard.close()
    }

    /// Why its last call ended, as it says: what follows "session closed: ".
    public var lastReason: String? {
        process.text.matches(of: /session closed: ([^\n\r]+)/).last.map { String($0.output.1) }
    }

    private func type(_ command: String) throws {
        guard process.isRunning else { throw LabError("\(name)'s phone has ended: \(process.text.suffix(4000))") }
        try keyboard.write(contentsOf: Data("\(command)\n".utf8))
    }

    /// Without sound card: a tone generator is the microphone, and a bridge that leads nowhere is the loudspeaker.
    private static func configuration(_ endpoint: String, _ note: Int, _ modules: String) -> String {
        """
        sip_listen \(endpoint)
        net_interface \(endpoint.prefix { $0 != ":" })
        rtp_ports 20000-29999
        module_path \(modules)
        module stdio.so
        module g711.so
        module ausine.so
        module aubridge.so
        module_tmp account.so
        module_app menu.so
        statmode_default off
        audio_source ausine,\(note)
        audio_player aubridge,nowhere
        audio_alert aubridge,nowhere
        ausrc_srate 48000
        ausrc_channels 2
        auplay_srate 8000
        auplay_channels 1

        """
    }
}
