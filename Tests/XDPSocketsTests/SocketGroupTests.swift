import Glibc
import TestSupport
import Testing
import XDPSockets

@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root: network namespaces and AF_XDP sockets"))
struct SocketGroupTests {
    /// In skb mode a veth device brings every packet to queue 0, whichever it was sent on.
    @Test(arguments: [(true, [0, 1, 2, 3]), (false, [0, 2])])
    func `packets cross the gateway in order, unchanged and with room to grow`(native: Bool, sockets: [Int]) throws {
        try Bench().use { bench in
            var host = try bench.open("host", native: native)
            var gate = try bench.open("gate", native: native)
            var sent: [[UInt64]] = [[], [], [], []]
            var received = sent
            for sequence in 0..<UInt64(6400) {
                let socket = sockets[Int(sequence) % sockets.count]
                _ = host.send(sequence, length: 60 + Int(sequence) % 1400, on: socket)
                sent[socket ^ 2].append(sequence)
                guard sequence % 64 == 63 else { continue }
                host.flush()
                let forwarded = try gate.forward(64, growing: 4)
                try #require(forwarded == 64)
                try host.receive(64) { bytes, socket in
                    // The number was at byte 16; the gateway has put 4 bytes before the packet, and 4 behind.
                    let sequence = bytes.unsafeLoadUnaligned(fromByteOffset: 20, as: UInt64.self)
                    received[socket].append(bytes.byteCount == 68 + Int(sequence) % 1400 ? sequence : .max)
                }
            }
            #expect(received == sent)
            try expectEveryFrame(of: &host)
            try expectEveryFrame(of: &gate)
        }
    }

    @Test func `no frame leaks over a million packets with loss`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = Random(seed: seed)
        try Bench().use { bench in
            var host = try bench.open("host")
            var settings = SocketSettings()
            settings.ringSize = 128
            settings.heldMax = 64
            var worker = LossyWorker(group: try bench.open("gate", settings: settings))
            var (sent, received) = (0, 0)
            while sent < 1_000_000 {
                let before = sent
                for _ in 0..<Int.random(in: 1...256, using: &random) {
                    let length = Int.random(in: 60...1500, using: &random)
                    if host.send(UInt64(sent), length: length, on: sent % host.count) { sent += 1 }
                }
                if crosses(400_000, before, sent) { try bench.ip("link set gate1 down") }
                if crosses(450_000, before, sent) { try bench.ip("link set gate1 up") }
                worker.isHoarding = (600_000..<620_000).contains(sent)
                host.flush()
                worker.turn(&random)
                received += try host.discard()
            }
            worker.releaseAll()
            received += try host.discard()
            let summary = worker.counters.reduce(SocketCounters(), +)
            let lost = try worker.group.kernelStatistics()
            #expect(received > 300_000, "seed \(seed)")
            #expect(worker.dropped > 10_000 && worker.own > 1000, "seed \(seed)")
            #expect(summary.dropTransmitRingFull > 0 && summary.fillStarved > 0, "seed \(seed), \(summary)")
            #expect(summary.kicksRefused > 0, "the interface was down: seed \(seed), \(summary)")
            #expect(lost.map(\.fillRingEmpty).reduce(0, +) > 0, "seed \(seed), \(lost)")
            #expect(lost.allSatisfy { $0.receiveInvalid == 0 && $0.transmitInvalid == 0 }, "seed \(seed), \(lost)")
            try expectEveryFrame(of: &worker.group)
            try expectEveryFrame(of: &host)
        }
    }

    @Test func `one flush sends more than the 32 packets that a system call does`() throws {
        try Bench().use { bench in
            var host = try bench.open("host")
            var gate = try bench.open("gate")
            for sequence in 0..<200 { _ = host.send(UInt64(sequence), length: 100, on: 0) }
            host.flush()
            let (counters, arrived) = (host.counters(of: 0), try gate.discard(atLeast: 200))
            #expect(arrived == 200)
            #expect(counters.transmitted == 200 && counters.kicks >= 200 / 32 && counters.kicksStalled == 0)
            try expectEveryFrame(of: &host)
        }
    }

    @Test func `a socket that nobody reads loses packets, and the kernel's statistics say so`() throws {
        try Bench().use { bench in
            var host = try bench.open("host")
            var settings = SocketSettings()
            settings.ringSize = 64
            var gate = try bench.open("gate", settings: settings)
            for sequence in 0..<160 {
                _ = host.send(UInt64(sequence), length: 100, on: 1)
                if sequence % 32 == 31 { host.flush() }
            }
            let arrived = try gate.discard(atLeast: 64)
            let statistics = try gate.kernelStatistics()
            #expect(arrived == 64)
            #expect(statistics[1].fillRingEmpty == 96)
            #expect(statistics[0].fillRingEmpty == 0)
            #expect(gate.counters(of: 1).received == 64)
        }
    }

    @Test func `waiting ends when a packet comes, when the caller says so, and when time is up`() throws {
        try Bench().use { bench in
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            defer { for end in ends { close(end) } }
            var host = try bench.open("host")
            var gate = try bench.open("gate", wakeDescriptor: ends[0])
            let idle = try gate.wait(milliseconds: 10)
            #expect(!idle)
            _ = host.send(0, length: 60, on: 0)
            host.flush()
            let (packet, received) = (try gate.wait(milliseconds: -1), try gate.discard())
            #expect(packet && received == 1)
            write(ends[1], "!", 1)
            let woken = try gate.wait(milliseconds: -1)
            #expect(woken)
        }
    }

    @Test func `a queue that is taken is refused with its name, and free again after its owner`() throws {
        let binding = SocketBinding(interface: "gate0", queue: 0)
        try Bench().use { bench in
            do {
                let owner = try SocketGroup.open([binding])
                #expect(owner.count == 1)
                #expect(throws: SocketError(step: .binding(binding, .copy), errno: EBUSY)) {
                    _ = try SocketGroup.open([binding])
                }
            }
            let heir = try SocketGroup.open([binding])
            #expect(heir.count == 1)
        }
    }

    @Test func `a queue beyond the interface's is refused, and what was opened before it is closed`() throws {
        let first = SocketBinding(interface: "gate0", queue: 0)
        let beyond = SocketBinding(interface: "gate0", queue: 2)
        try Bench().use { bench in
            #expect(throws: SocketError(step: .binding(beyond, .copy), errno: EINVAL)) {
                _ = try SocketGroup.open([first, beyond])
            }
            let group = try SocketGroup.open([first])
            #expect(group.count == 1)
        }
    }

    @Test func `an interface that is not there is refused`() throws {
        let binding = SocketBinding(interface: "gone0", queue: 0)
        #expect(throws: SocketError(step: .binding(binding, .copy), errno: ENODEV)) {
            _ = try SocketGroup.open([binding])
        }
    }

    @Test func `zero-copy that a driver cannot do becomes copy, and the group says so`() throws {
        try Bench().use { bench in
            let group = try SocketGroup.open(bench.bindings("gate"), mode: .zeroCopy)
            #expect((0..<group.count).map { group.mode(of: $0) } == [.copy, .copy, .copy, .copy])
        }
    }
}

/// Nothing is on its way any more: every frame is free or in a fill ring, once, as the counters and the table say.
private func expectEveryFrame(of group: inout SocketGroup) throws {
    let accounting = try group.settle()
    #expect(accounting == group.census)
    #expect(accounting.held == 0 && accounting.transmitting == 0)
    #expect(accounting.total == group.frameCount)
    var frames: [Frame] = []
    while let frame = group.allocate() { frames.append(frame) }
    #expect(Set(frames.map(\.index)).count == accounting.free)
    for frame in frames { group.release(frame) }
}

private func crosses(_ mark: Int, _ before: Int, _ after: Int) -> Bool { before < mark && after >= mark }
