import CSteering
import Lab
import Steering
import Traffic
import WireFormats

/// One call's media between a client inside and a peer outside, as it will be once SIP announces it.
struct MediaFlow {
    private let inside, translated, outside: Endpoint

    /// The call with this number, 0 to 9999; each has ports of its own.
    init(_ number: Int, outside address: String) {
        inside = Endpoint(IPv4Address(Topology.insideAddress)!, UInt16(10_000 + 2 * number))
        translated = Endpoint(IPv4Address(Topology.publicAddress)!, UInt16(40_000 + 2 * number))
        outside = Endpoint(IPv4Address(address)!, UInt16(20_000 + number % 1000))
    }

    /// As the client sends it.
    var asSent: UDPFlow { UDPFlow(from: inside, to: outside) }

    /// Makes the XDP program translate both directions.
    func open(in maps: SteeringMaps) throws {
        for near in [inside, translated] {
            maps.filter.add(near: near.address.bigEndian, far: outside.address.bigEndian)
        }
        var forward = steering_flow()
        forward.leaves = steering_translation(from: translated, to: outside)
        try maps.flows.set(steering_tuple(from: inside, to: outside, at: .inside), to: forward)
        var reverse = steering_flow()
        reverse.leaves = steering_translation(from: outside, to: inside)
        try maps.flows.set(steering_tuple(from: outside, to: translated, at: .outside), to: reverse)
    }
}
