import FlowTables
import Rewriting
import TestSupport
import Testing
import WireFormats

@testable import Dataplane

/// Whose conversations are: whatever of a conversation arrives, on whatever queue, one worker answers for it.
@Suite struct OwnershipTests {
    private static let ports: ClosedRange<UInt16> = 32768...65535
    private static let publicAddress = IPv4Address(203, 0, 113, 7)
    private static let server = Endpoint(IPv4Address(203, 0, 113, 20), 21)

    /// Random ends of inside hosts.
    private static let clients = (0..<2000).map { _ in
        Endpoint(IPv4Address(192, 168, .random(in: 0...255), .random(in: 1...254)), .random(in: 1024...65535))
    }

    private func gateway(_ worker: Int, of workers: Int) throws -> Gateway {
        try Gateway(
            .init(conversations: 4096, data: 16), addresses: [Self.publicAddress], ports: Self.ports, services: [21],
            settings: Settings(), seed: UInt64(worker) + 1, now: 0, share: WorkerShare(index: worker, of: workers))
    }

    private func scaling() throws -> ReceiveScaling {
        let key = try #require(ToeplitzKey((0..<40).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }))
        return try ReceiveScaling(key: key, indirection: (0..<128).map { $0 % 8 }, hashesPorts: true)
    }

    @Test(
        "The answers come to the worker that the first segment came to, and so do errors about either",
        arguments: [1, 2, 3, 4, 7], [false, true])
    func bothSides(workers: Int, isScaled: Bool) throws {
        let ownership = Ownership(
            workers: workers, ports: Self.ports, seed: 42, scaling: isScaled ? try scaling() : nil)
        for worker in 0..<workers {
            var gateway = try gateway(worker, of: workers)
            for client in Self.clients {
                let syn = Frames.segment(from: client, to: Self.server, flags: .syn)
                guard owner(of: syn, from: .inside, ownership, gateway) == worker else { continue }
                let translated = open(syn, &gateway)
                let (back, flags) = (Self.server, TCPFlags.syn.with(.ack))
                let frames: [(Side, [UInt8])] = [
                    (.outside, Frames.segment(from: back, to: translated, flags: flags)),
                    (.outside, Frames.error(about: Frames.segment(from: translated, to: back, flags: .syn))),
                    (.inside, Frames.error(about: Frames.segment(from: back, to: client, flags: flags))),
                ]
                var owners: [Int?] = []
                for (side, frame) in frames { owners.append(owner(of: frame, from: side, ownership, gateway)) }
                #expect(owners == [worker, worker, worker], "\(client)")
            }
        }
    }

    @Test(
        "A phone's connections come to the worker of its datagrams, and the answers to them, too", arguments: [1, 3, 4])
    func phones(workers: Int) throws {
        let ownership = Ownership(workers: workers, ports: Self.ports, seed: 42, scaling: try scaling())
        let server = Endpoint(Self.server.address, 5060)
        for worker in 0..<workers {
            let share = WorkerShare(index: worker, of: workers)
            let sip = try SIPGateway(
                .init(bindings: 4096, registrations: 1, calls: 1, media: 1), addresses: [Self.publicAddress],
                ports: Self.ports, settings: SIPSettings(), table: .init([Self.publicAddress], Self.ports), seed: 1,
                now: 0, share: share)
            var gateway = try Gateway(
                .init(conversations: 4096, data: 16), addresses: [Self.publicAddress], ports: Self.ports, services: [],
                settings: Settings(), seed: 1, now: 0, share: share, sipServices: [5060], sip: sip)
            for client in Self.clients {
                let syn = Frames.segment(from: client, to: server, flags: .syn)
                guard let ends = ControlEnds(syn, from: .inside, gateway), ownership.owner(ofSIP: ends) == worker
                else { continue }
                let ofDatagrams = ownership.owner(of: client.address)
                #expect(ofDatagrams == worker)
                let answer = Frames.segment(from: server, to: open(syn, &gateway), flags: TCPFlags.syn.with(.ack))
                let back = ControlEnds(answer, from: .outside, gateway)
                let owner = try ownership.owner(ofSIP: #require(back))
                #expect(owner == worker, "\(client)")
            }
        }
    }

    @Test("Every worker has its part of the conversations", arguments: [2, 4, 8])
    func even(workers: Int) throws {
        let gateway = try gateway(0, of: 1)
        let ownership = Ownership(workers: workers, ports: Self.ports, seed: .random(in: 0 ... .max))
        var counts = [Int](repeating: 0, count: workers)
        for client in Self.clients {
            let syn = Frames.segment(from: client, to: Self.server, flags: .syn)
            let owner = owner(of: syn, from: .inside, ownership, gateway)
            counts[try #require(owner)] += 1
        }
        // Of 2000 throws of a die with 8 sides a side has 250; half of that is eight standard deviations away.
        #expect(counts.allSatisfy { $0 > Self.clients.count / workers / 2 }, "\(counts)")
    }

    @Test("With a card that tells how it spreads packets, a conversation belongs to the queue that it arrives on")
    func scaled() throws {
        let gateway = try gateway(0, of: 1)
        let scaling = try scaling()
        let ownership = Ownership(workers: 4, ports: Self.ports, seed: 1, scaling: try self.scaling())
        for client in Self.clients {
            let queue = scaling.queue(source: client, destination: Self.server)
            let syn = Frames.segment(from: client, to: Self.server, flags: .syn)
            let owner = owner(of: syn, from: .inside, ownership, gateway)
            #expect(owner == queue % 4)
        }
    }

    @Test("What belongs to no service, and public ports that are none of the gateway's, have no owner")
    func nobody() throws {
        let gateway = try gateway(0, of: 1)
        let ownership = Ownership(workers: 4, ports: Self.ports, seed: 1)
        let client = Self.clients[0]
        let data = Frames.segment(from: client, to: Endpoint(Self.server.address, 20), flags: .syn)
        let ofData = owner(of: data, from: .inside, ownership, gateway)
        #expect(ofData == nil)
        let other = Frames.segment(from: Self.server, to: Endpoint(Self.publicAddress, 1024), flags: .ack)
        let ofOther = owner(of: other, from: .outside, ownership, gateway)
        #expect(ofOther == nil)
    }

    private func owner(
        of frame: [UInt8], from side: Side, _ ownership: borrowing Ownership, _ gateway: borrowing Gateway
    ) -> Int? {
        let bytes = frame.span.bytes
        guard let ends = gateway.ends(of: bytes, TCPPacket(bytes), from: side) else { return nil }
        return ownership.owner(of: ends)
    }

    /// Opens a conversation; its public endpoint.
    private func open(_ syn: [UInt8], _ gateway: inout Gateway) -> Endpoint {
        let bytes = syn.span.bytes
        _ = gateway.receive(bytes, TCPPacket(bytes), from: .inside, now: 0)
        let source = gateway.outbox[0].source
        gateway.clear()
        gateway.sip.clear()
        return source
    }
}

extension ControlEnds {
    /// Those of a frame.
    fileprivate init?(_ frame: [UInt8], from side: Side, _ gateway: borrowing Gateway) {
        let bytes = frame.span.bytes
        guard let ends = gateway.ends(of: bytes, TCPPacket(bytes), from: side) else { return nil }
        self = ends
    }
}
