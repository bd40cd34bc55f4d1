import HeapWatch
import Rewriting
import TestSupport
import Testing
import WireFormats

/// The path of a SIP message asks nothing of the heap.
extension HeapTests {
    @Test(.enabled(if: World.isOptimized, "without optimisation the standard library itself counts references"))
    func `dozens of random SIP calls need no heap`() throws {
        var events = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            let tape = SIPTape()
            let bench = SIPBench(seed: seed)
            bench.onEvent = tape.record
            bench.talks = true
            var random = Random(seed: seed)
            for number in 0..<4 {
                let call = SIPRandomCall(bench, number: number, seed: random.next())
                while call.step() { if !call.isEnding { bench.wait(0.3) } }
            }
            bench.wait(100)
            var watched = heap_watch()
            var sums: [UInt64] = []
            // Twice: what is made once, such as pages first touched, is not counted.
            for _ in 0..<2 {
                var gateway = try SIPBench.gateway(
                    .init(bindings: 64, registrations: 64, calls: 64, media: 256), ports: 40000...40999,
                    settings: SIPSettings(), seed: seed, now: 100 * SIPBench.second)
                sums.append(tape.play(to: &gateway, begin: heap_watch_begin) { watched = heap_watch_end() })
                for counter in SIPCounter.allCases { #expect(gateway.counter(counter) == bench.count(counter)) }
            }
            #expect(sums[0] == sums[1])
            #expect(watched.heap_calls == 0 && watched.reference_calls == 0, "seed \(seed)")
            events += tape.count
        }
        #expect(events > 5_000)
    }
}

/// Everything that was done to a gateway for SIP, in plain memory, to be played to another one; see `Tape`.
final class SIPTape {
    private struct Event {
        var now: UInt64
        var start = 0
        var count = 0
        var side: Side?
        var slot: Int?
        var number: UInt32 = 0
    }

    private var events: [Event] = []
    private var bytes: [UInt8] = []
    var count: Int { events.count }

    func record(_ event: SIPBench.Event) {
        switch event {
        case .frame(let frame, let side, let now):
            events.append(Event(now: now, start: bytes.count, count: frame.count, side: side))
            bytes += frame
        case .expire(let now): events.append(Event(now: now))
        case .observed(let slot, let number, let now): events.append(Event(now: now, slot: slot, number: number))
        }
    }

    /// Plays the tape to a gateway, calling `begin` and `end` around it, and returns a sum over all that came out.
    func play(to gateway: inout SIPGateway, begin: () -> Void, end: () -> Void) -> UInt64 {
        events.withUnsafeBufferPointer { events in
            bytes.withUnsafeBytes { bytes in
                begin()
                let sum = SIPTape.play(events, bytes, to: &gateway)
                end()
                return sum
            }
        }
    }

    @inline(never)
    private static func play(
        _ events: UnsafeBufferPointer<Event>, _ bytes: UnsafeRawBufferPointer, to gateway: inout SIPGateway
    ) -> UInt64 {
        var sum: UInt64 = 0
        for event in events {
            if let slot = event.slot {
                gateway.legObserved(slot, number: event.number, lastSeen: event.now)
            } else if let side = event.side {
                let frame = RawSpan(_unsafeStart: bytes.baseAddress! + event.start, byteCount: event.count)
                guard let packet = IPv4Packet(frame), let datagram = UDPPacket(packet, frame) else { continue }
                gateway.receive(frame, datagram, from: side, now: event.now)
                sum = workOff(&gateway, sum)
            } else {
                while gateway.expire(now: event.now) { sum = workOff(&gateway, sum) }
            }
        }
        return sum
    }

    private static func workOff(_ gateway: inout SIPGateway, _ initial: UInt64) -> UInt64 {
        var sum = initial
        for index in 0..<gateway.requestCount {
            sum = sum &* 31 &+ UInt64(gateway.request(index).slot)
        }
        for index in 0..<gateway.outboxCount {
            let data = gateway.data(of: gateway.outgoing(index))
            sum = sum &* 31 &+ UInt64(data.byteCount) &+ UInt64(data.octet(at: data.byteCount - 1))
        }
        gateway.clear()
        return sum
    }
}
