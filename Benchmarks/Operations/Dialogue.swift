import Rewriting
import WireFormats

/// A control conversation through the gateway, in which one command and its reply repeat for ever.
final class Dialogue {
    private static let now: UInt64 = 100_000_000_000
    private var gateway: Gateway
    private var command: Segment
    private var reply: Segment
    /// The next number that each end sends, and the next that it expects: of the client, and of the server.
    private var next = [SequenceNumber(1_001), SequenceNumber(5_001)]
    private var expected = [SequenceNumber(5_001), SequenceNumber(1_001)]
    private var out = [UInt8](repeating: 0, count: 2048)
    /// The octets of all packets that came out.
    private(set) var octets: UInt64 = 0

    init(command: String) throws {
        let (client, server) = (Endpoint("10.0.0.5:40001")!, Endpoint("198.51.100.9:21")!)
        gateway = try Gateway(
            Gateway.Capacity(conversations: 16, data: 64), addresses: [IPv4Address(203, 0, 113, 7)],
            ports: 40000...40099, services: [21], settings: Settings(), seed: 1, now: Dialogue.now)
        self.command = Segment(data: Array(command.utf8))
        reply = Segment(data: [])
        out[12] = 0x08
        let start = SequenceNumber(0)
        var opening = Segment(flags: .syn, data: [])
        receive(opening.frame(sequence: SequenceNumber(1_000), acknowledgement: start), from: .inside)
        let translated = gateway[0].translated
        opening = Segment(source: server, destination: translated, flags: TCPFlags.syn.with(.ack), data: [])
        receive(opening.frame(sequence: SequenceNumber(5_000), acknowledgement: next[0]), from: .outside)
        reply = Segment(source: server, destination: translated, data: Array("220 Hello\r\n".utf8))
        send(&reply, from: .outside)
        var quit = Segment(source: client, destination: server, data: [])
        send(&quit, from: .inside)
        reply = Segment(source: server, destination: translated, data: Array("200 Okay.\r\n".utf8))
    }

    /// The command and its reply.
    func exchange() {
        send(&command, from: .inside)
        send(&reply, from: .outside)
    }

    private func send(_ segment: inout Segment, from side: Side) {
        let own = Int(side.rawValue)
        let frame = segment.frame(sequence: next[own], acknowledgement: expected[own])
        next[own] = next[own].advanced(by: segment.count)
        receive(frame, from: side)
    }

    private func receive(_ frame: [UInt8], from side: Side) {
        let packet = TCPPacket(frame.span.bytes)
        _ = gateway.receive(frame.span.bytes, packet, from: side, now: Dialogue.now)
        for place in 0..<gateway.requestCount {
            let request = gateway.request(place)
            // Nobody uses the pinhole, so that the next command shuts it.
            if case .observePinhole = request.kind { _ = gateway.pinholeObserved(request.data, usedFrom: 0) }
        }
        for place in 0..<gateway.outbox.count { emit(gateway.outbox[place], packet, frame) }
        gateway.clear()
    }

    private func emit(_ segment: OutgoingSegment, _ cause: TCPPacket?, _ original: [UInt8]) {
        let packet = Dialogue.write(segment, of: gateway, cause, original, into: &out)
        octets &+= UInt64(packet.payload.upperBound)
        guard !packet.payload.isEmpty else { return }
        expected[Int(segment.toward.rawValue)] = packet.sequence.advanced(by: packet.payload.count)
    }

    /// Writes a segment as a frame, and what its receiver sees of it.
    private static func write(
        _ segment: OutgoingSegment, of gateway: borrowing Gateway, _ cause: TCPPacket?, _ original: [UInt8],
        into frame: inout [UInt8]
    ) -> TCPPacket {
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        _ = gateway.write(segment, cause: cause, original.span.bytes, into: &bytes, at: 14)
        guard let packet = TCPPacket(bytes.bytes) else { preconditionFailure("the gateway sent what is no segment") }
        return packet
    }
}
