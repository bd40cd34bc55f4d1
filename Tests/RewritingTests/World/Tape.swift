import Rewriting
import WireFormats

/// Everything that was done to a gateway, in plain memory: to be played to another gateway with nothing around it that
/// allocates or counts references.
final class Tape {
    struct Event {
        enum Kind { case frame, expire, pinhole, flow }

        var kind: Kind
        var now: UInt64
        /// Where a frame stands in `bytes`.
        var start = 0
        var count = 0
        var side = Side.inside
        /// The slot of a data connection, the port that used its pinhole, the state of its flows.
        var data = 0
        var port: UInt16 = 0
        var lastSeen: UInt64 = 0
        var hasEnded = false
    }

    private(set) var events: [Event] = []
    private var bytes: [UInt8] = []

    func record(_ event: Event) { events.append(event) }

    func record(_ frame: [UInt8], from side: Side, now: UInt64) {
        events.append(Event(kind: .frame, now: now, start: bytes.count, count: frame.count, side: side))
        bytes += frame
    }

    /// Plays the tape to a gateway, calling `begin` and `end` around it, and returns a sum over all that came out.
    func play(to gateway: inout Gateway, begin: () -> Void, end: () -> Void) -> UInt64 {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
        defer { room.deallocate() }
        return events.withUnsafeBufferPointer { events in
            bytes.withUnsafeBytes { bytes in
                begin()
                let sum = Tape.play(events, bytes, room, to: &gateway)
                end()
                return sum
            }
        }
    }

    @inline(never)
    private static func play(
        _ events: UnsafeBufferPointer<Event>, _ bytes: UnsafeRawBufferPointer, _ room: UnsafeMutableRawBufferPointer,
        to gateway: inout Gateway
    ) -> UInt64 {
        var sum: UInt64 = 0
        for event in events {
            let frame = RawSpan(_unsafeStart: bytes.baseAddress! + event.start, byteCount: event.count)
            switch event.kind {
            case .frame:
                let segment = TCPPacket(frame)
                _ = gateway.receive(frame, segment, from: event.side, now: event.now)
                sum &+= write(gateway, segment, frame, room)
                gateway.clear()
                gateway.sip.clear()
            case .expire:
                while gateway.expire(now: event.now) {
                    sum &+= write(gateway, nil, frame, room)
                    gateway.clear()
                }
                while gateway.sip.expire(now: event.now) { gateway.sip.clear() }
            case .pinhole: _ = gateway.pinholeObserved(event.data, usedFrom: event.port)
            case .flow: _ = gateway.flowObserved(event.data, lastSeen: event.lastSeen, hasEnded: event.hasEnded)
            }
        }
        return sum
    }

    private static func write(
        _ gateway: borrowing Gateway, _ cause: TCPPacket?, _ original: RawSpan, _ room: UnsafeMutableRawBufferPointer
    ) -> UInt64 {
        var sum: UInt64 = 0
        for index in 0..<gateway.outbox.count {
            var bytes = MutableRawSpan(_unsafeStart: room.baseAddress!, byteCount: room.count)
            let length = gateway.write(gateway.outbox[index], cause: cause, original, into: &bytes, at: 0)
            sum = sum &* 31 &+ UInt64(length) &+ UInt64(bytes.octet(at: length - 1))
        }
        return sum
    }
}
