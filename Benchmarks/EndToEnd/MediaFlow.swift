import CSteering
import Lab
import Steering
import Traffic
import WireFormats

/// One call's media between a phone inside and a peer outside, as SIP would announce it.
struct MediaFlow {
    private let number: Int
    private let inside, translated, outside: Endpoint

    /// The call with this number, 0 to 99999. Ten thousand have ports of their own; then the peer's port is another one.
    init(_ number: Int, outside address: String) {
        self.number = number
        let (group, pair) = number.quotientAndRemainder(dividingBy: 10_000)
        inside = Endpoint(IPv4Address(Topology.insideAddress)!, UInt16(10_000 + 2 * pair))
        translated = Endpoint(IPv4Address(Topology.publicAddress)!, UInt16(40_000 + 2 * pair))
        outside = Endpoint(IPv4Address(address)!, UInt16(20_000 + 1000 * group + pair % 1000))
    }

    /// As the phone sends it.
    var asSent: UDPFlow { UDPFlow(from: inside, to: outside, isRTP: true) }

    /// The stream of what the phone sends.
    var stream: Int { 2 * number }

    /// Makes the XDP program translate both directions, and look after their RTP.
    func open(in maps: SteeringMaps) throws {
        for near in [inside, translated] {
            maps.filter.add(near: near.address.bigEndian, far: outside.address.bigEndian)
        }
        for index in [stream, stream + 1] { maps.streams.reset(index, clockRate: 8000) }
        try maps.flows.set(
            steering_tuple(from: inside, to: outside, at: .inside),
            to: steering_flow(
                leaves: steering_translation(from: translated, to: outside), conversation: 1, tick: 0, stream: stream))
        try maps.flows.set(
            steering_tuple(from: outside, to: translated, at: .outside),
            to: steering_flow(
                leaves: steering_translation(from: outside, to: inside), conversation: 1, tick: 0, stream: stream + 1))
    }
}
