import Rewriting
import SIPMessages
import WireFormats

/// A telephone inside that registers and makes calls through the gateway, and the server outside that answers it. Their
/// messages are made beforehand, so that nothing is measured but the gateway.
final class Telephone {
    /// The calls that differ, taken in turns, 200 ms each: the gateway has forgotten a call when it comes again.
    private static let calls = 256
    private static let inside = Endpoint("192.168.1.10:20000")!
    private static let server = Endpoint(IPv4Address(CallMessage.server)!, 5060)
    private let table: PublicEndpoints.Table
    private var gateway: SIPGateway
    private var now: UInt64 = 100_000_000_000
    /// By call, and within it by message.
    private var datagrams: [Datagram] = []
    private var call = 0
    private var out = [UInt8](repeating: 0, count: 2048)
    /// The octets of all datagrams that came out.
    private(set) var octets: UInt64 = 0

    init() throws {
        let address = IPv4Address(203, 0, 113, 7)
        table = PublicEndpoints.Table([address], 40000...40999)
        gateway = try SIPGateway(
            SIPGateway.Capacity(bindings: 16, registrations: 16, calls: 1024, media: 64), addresses: [address],
            ports: 40000...40999, settings: SIPSettings(), table: table, seed: 1, now: now)
        let request = Telephone.datagram(.register, call: 0, translated: Telephone.inside)
        let translated = receive(request, from: .inside)
        for call in 0..<Telephone.calls {
            datagrams += CallMessage.allCases.map {
                Telephone.datagram($0, call: UInt32(call), translated: translated)
            }
        }
        proceed(to: .answer)
        precondition(gateway.counts.media > 0, "the call has no media")
        for message in [CallMessage.bye, .ended] { receive(message) }
        precondition(gateway.counts.media == 0, "the call has not ended")
    }

    /// A message as it comes to the gateway; the phone seems to be at `translated` to the server.
    private static func datagram(_ message: CallMessage, call: UInt32, translated: Endpoint) -> Datagram {
        let phone = message.isRequest ? inside : translated
        let text = message.text(
            MessageText.Values(address: "\(phone.address)", port: phone.port, media: 30_000, call: call))
        return Datagram(
            from: message.isRequest ? inside : server, to: message.isRequest ? server : translated, data: text.bytes)
    }

    /// Goes on to the next call: all its messages up to one.
    func proceed(to last: CallMessage) {
        call = (call + 1) % Telephone.calls
        now += 200_000_000
        while gateway.expire(now: now) { gateway.clear() }
        for message in CallMessage.allCases.prefix(through: last.rawValue) { receive(message) }
    }

    /// Lets a message of this call come once more.
    func receive(_ message: CallMessage) {
        _ = receive(
            datagrams[call * CallMessage.allCases.count + message.rawValue],
            from: message.isRequest ? .inside : .outside)
    }

    /// Returns the address from which it left.
    private func receive(_ datagram: Datagram, from side: Side) -> Endpoint {
        gateway.receive(datagram.frame.span.bytes, datagram.packet, from: side, now: now)
        let outgoing = gateway.outgoing(0)
        octets &+= UInt64(outgoing.length)
        gateway.clear()
        return outgoing.source
    }

    /// Writes what the gateway makes of a message as a packet, without anything of what it does before.
    func write(_ message: CallMessage, times count: Int) {
        let datagram = datagrams[call * CallMessage.allCases.count + message.rawValue]
        gateway.receive(
            datagram.frame.span.bytes, datagram.packet, from: message.isRequest ? .inside : .outside, now: now)
        let outgoing = gateway.outgoing(0)
        for _ in 0..<count { octets &+= Telephone.write(outgoing, of: gateway, into: &out) }
        gateway.clear()
    }

    private static func write(
        _ datagram: OutgoingDatagram, of gateway: borrowing SIPGateway, into frame: inout [UInt8]
    ) -> UInt64 {
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        let part = DatagramWriter.write(
            datagram, gateway.data(of: datagram), from: 0, room: 1500, identification: 1, into: &bytes, at: 14)
        return UInt64(part.length)
    }
}
