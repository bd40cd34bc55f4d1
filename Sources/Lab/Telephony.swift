// A provider outside with two subscribers, Alice inside and Bob outside, and what can be observed of their calls.

import Foundation

/// A registrar, two telephones, and a capture at each end of the path between them.
public final class Telephony: Sendable {
    /// Bob's, on the outside host beside the registrar's, where there is no middle box.
    public static let bobsAddress = "203.0.113.21"

    public let registrar: Registrar
    public let alice: Phone
    public let bob: Phone
    private let captures: [PacketCapture]

    /// Starts all of it; the phones begin to register, Alice's over `transport`, and Bob's over UDP.
    public init(in topology: Topology, over transport: SIPTransport = .udp) throws {
        let isFar = topology.middle != nil
        let (bobs, network) =
            isFar ? ("198.51.100.21", "198.51.100.0/24") : (Telephony.bobsAddress, "203.0.113.0/24")
        try topology.outside.run("ip", "address", "add", "\(bobs)/24", "dev", "eth0")
        // Bob's RTP is to come from where he wants to have it (RFC 4961), and its sockets are bound to no address.
        try topology.outside.run("ip", "route", "replace", network, "dev", "eth0", "src", bobs)
        captures = try [topology.inside, topology.outside].map { try PacketCapture(on: $0, in: topology.sandbox) }
        registrar = try Registrar(in: topology)
        alice = try Phone(
            "alice", at: Topology.insideAddress, on: topology.inside, singing: 400, registrar: registrar,
            over: transport, in: topology.sandbox)
        bob = try Phone(
            "bob", at: bobs, on: topology.outside, singing: 1000, registrar: registrar,
            in: topology.sandbox)
    }

    /// Switches all of it off.
    public func stop() throws {
        try alice.stop()
        try bob.stop()
        try registrar.stop()
        for capture in captures { try capture.stop() }
    }

    /// What has crossed a host's link so far.
    public func datagrams(_ phone: Phone) throws -> [Datagram] { try capture(phone).datagrams() }

    /// Lets a phone listen, from now on, until half a second of the other's note has arrived.
    ///
    /// - Returns: how many packets with that note have arrived at its host for it, all from one source; each is 20 ms
    ///   long, and 25 are enough. None where the phone does not say that it has received them.
    public func packets(heardBy listener: Phone, limit: TimeInterval = 2) throws -> Int {
        let (start, note) = (now, (listener === alice ? bob : alice).note)
        let heard = try capture(listener).wait(for: 25, limit: limit) { datagram in
            datagram.time >= start && datagram.destination.hasPrefix("\(listener.address):")
                && datagram.rtp?.carries(note) == true
        }
        guard listener.hasReceivedSound(), Set(heard.compactMap(\.rtp?.source)).count == 1 else { return 0 }
        return heard.count
    }

    /// Whether nothing is sung between the phones for two fifths of a second, once what is under way has arrived.
    public func isSilent() throws -> Bool {
        usleep(100_000)
        let start = now
        usleep(400_000)
        return try captures.allSatisfy { try $0.datagrams().allSatisfy { $0.time < start || $0.rtp == nil } }
    }

    private func capture(_ phone: Phone) -> PacketCapture { captures[phone === alice ? 0 : 1] }

    /// Microseconds since 1970, as captures count.
    private var now: Int { Int(Date().timeIntervalSince1970 * 1e6) }
}
