import Foundation
import Testing
import XDPSockets

@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root: network namespaces and AF_XDP sockets"))
struct HandOverTests {
    @Test func `a packet goes from worker to worker without a copy, and its frame comes home`() throws {
        try Bench().use { bench in
            var host = try bench.open("host")
            let sockets = try bench.open("gate", workers: 2)
            var zero = sockets.take(0)
            var one = sockets.take(1)
            #expect(zero.ownSockets == [0, 2] && one.ownSockets == [1, 3])
            for sequence in 0..<UInt64(100) { _ = host.send(sequence, length: 100, on: 0) }
            host.flush()
            var batch = Batch()
            var handed = 0
            while try handed < 100 && (zero.receive(into: &batch) > 0 || zero.wait(milliseconds: 2000)) {
                for position in 0..<batch.count { zero.handOver(batch[position], socket: 0, to: 1) }
                handed += batch.count
            }
            #expect(zero.accounting.handedOver == 100 && zero.accounting == zero.census)
            zero.flush()
            var taken = 0
            while one.receiveHandedOver(into: &batch) > 0 {
                for position in 0..<batch.count {
                    #expect(batch.socket(of: position) == 0)
                    one.transmit(batch[position], on: 3)
                }
                taken += batch.count
            }
            one.flush()
            #expect(taken == 100)
            var order: [UInt64] = []
            try host.receive(100) { bytes, socket in
                order.append(socket == 3 ? bytes.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self) : .max)
            }
            #expect(order == Array(0..<100))
            try settle(&zero, &one, of: sockets)
            #expect(zero.handOverCounters.handedOver == 100 && one.handOverCounters.takenOver == 100)
            #expect(one.handOverCounters.sentHome == 100 && zero.handOverCounters.sentHome == 0)
        }
    }

    @Test func `what a worker transmits by another's socket goes through its owner, or is dropped by name`() throws {
        try Bench().use { bench in
            var host = try bench.open("host")
            var settings = SocketSettings()
            settings.ringSize = 64
            let sockets = try bench.open("gate", workers: 2, settings: settings)
            var zero = sockets.take(0)
            var one = sockets.take(1)
            #expect(zero.sockets(in: 0..<2) == [0] && one.sockets(in: 0..<2) == [1])
            #expect(zero.sockets(in: 1..<2) == [1], "a card without an own socket: all of its")
            let passed = (0..<UInt64(80)).filter { zero.send($0, length: 60, on: 1) }
            #expect(passed == Array(0..<64))
            zero.flush()
            var batch = Batch()
            let visible = one.receiveHandedOver(into: &batch)
            one.flush()
            #expect(visible == 0, "to be sent, not to be handled")
            #expect(zero.handOverCounters.passedOut == 64 && zero.handOverCounters.dropHandOverFull == 16)
            #expect(one.handOverCounters.takenOver == 64 && one.counters(of: 1).transmitted == 64)
            let arrived = try host.discard(atLeast: 64)
            #expect(arrived == 64)
            try settle(&zero, &one, of: sockets)
        }
    }

    @Test func `a worker that sleeps is woken by a packet that is handed over`() throws {
        try Bench().use { bench in
            let sockets = try bench.open("gate", workers: 2)
            let sleeper = Elsewhere(sockets.take(0)) { group in
                var batch = Batch()
                while try group.wait(milliseconds: -1), group.receiveHandedOver(into: &batch) == 0 {}
                for position in 0..<batch.count { group.release(batch[position]) }
                group.flush()
            }
            var one = sockets.take(1)
            one.handOver(one.allocate()!, socket: 1, to: 0)
            one.flush()
            try sleeper.join()
            #expect(sleeper.group.handOverCounters.takenOver == 1)
            try settle(&sleeper.group, &one, of: sockets)
        }
    }

    @Test func `a worker that has no frame left is woken when its frames come home`() throws {
        try Bench().use { bench in
            var settings = SocketSettings()
            settings.ringSize = 64
            let sockets = try bench.open("gate", workers: 2, settings: settings)
            var zero = sockets.take(0)
            var one = sockets.take(1)
            var kept: [Frame] = []
            while zero.accounting.free > 0 {
                while let frame = zero.allocate(), zero.handOver(frame, socket: 0, to: 1) {}
                zero.flush()
                var batch = Batch()
                while one.receiveHandedOver(into: &batch) > 0 { kept += (0..<batch.count).map { batch[$0] } }
            }
            let sleeper = Elsewhere(zero) { group in _ = try group.wait(milliseconds: -1) }
            for frame in kept { one.release(frame) }
            one.flush()
            try sleeper.join()
            sleeper.group.reclaim()
            #expect(sleeper.group.accounting.free == kept.count)
            try settle(&sleeper.group, &one, of: sockets)
        }
    }

    @Test func `a socket whose interface goes is reported by name`() throws {
        try Bench().use { bench in
            let sockets = try bench.open("gate", workers: 2)
            let zero = sockets.take(0)
            var one = sockets.take(1)
            try zero.check()
            try bench.ip("link delete gate1")
            let gone = SocketError(step: .serving(SocketBinding(interface: "gate1", queue: 0)), errno: ENETDOWN)
            #expect(throws: gone) { try zero.check() }
            #expect(gone.description.hasPrefix("gate1 queue 0: its AF_XDP socket has stopped: Network is down"))
            do throws(SocketError) {
                _ = try one.wait(milliseconds: 10)
                Issue.record("a worker goes on waiting for an interface that is gone")
            } catch {
                #expect(error.description.hasPrefix("gate1 queue 1: "))
            }
        }
    }

    @Test func `busy polling is taken on, and packets still cross`() throws {
        try Bench().use { bench in
            var host = try bench.open("host")
            var settings = SocketSettings()
            settings.busyPolling = BusyPolling()
            var gate = try bench.open("gate", settings: settings)
            for sequence in 0..<UInt64(200) { _ = host.send(sequence, length: 100, on: 0) }
            host.flush()
            let arrived = try gate.discard(atLeast: 200)
            #expect(arrived == 200)
        }
    }
}

/// Waits, at most five seconds, until nothing is on its way in two groups; then every frame is free at home or in a fill
/// ring, as the counters and the table say.
private func settle(_ zero: inout SocketGroup, _ one: inout SocketGroup, of sockets: SharedSockets) throws {
    var sum = FrameAccounting()
    for _ in 0..<500 {
        try zero.turnOff()
        try one.turnOff()
        sum = zero.accounting + one.accounting
        if sum.free + sum.filling == sockets.frameCount { break }
        _ = try zero.wait(milliseconds: 10)
    }
    #expect(sum == sockets.census)
    #expect(zero.accounting == zero.census && one.accounting == one.census)
    #expect(sum.free + sum.filling == sockets.frameCount)
}
