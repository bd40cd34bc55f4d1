import CSteering
import Steering
import Traffic
import WireFormats

/// Flows of UDP from inside, each from a client of its own to one server, and each with a public port of its own.
struct Flows {
    let count: Int
    var server = Endpoint(IPv4Address(198, 51, 100, 21), 20_000)

    /// Where a flow's packets come from.
    func client(_ number: Int) -> Endpoint { Endpoint(IPv4Address(0x0a00_0001 + UInt32(number)), 10_000) }

    /// What they are translated to: 32768 ports of each public address.
    func translated(_ number: Int) -> Endpoint {
        Endpoint(
            IPv4Address(Router.publicAddress.value + UInt32(number >> 15)),
            32768 + UInt16(truncatingIfNeeded: number & 0x7fff))
    }

    /// The frame of the first flow's packets.
    func frame(vlan: UInt16? = nil) -> [UInt8] { Frame(source: client(0), destination: server, vlan: vlan).bytes }

    func forward(_ number: Int) -> steering_tuple { steering_tuple(from: client(number), to: server, at: .inside) }

    func reverse(_ number: Int) -> steering_tuple { steering_tuple(from: server, to: translated(number), at: .outside) }

    func leaves(_ number: Int) -> steering_translation { steering_translation(from: translated(number), to: server) }

    /// Puts them into the table in no order, so that one after the other lies anywhere in memory.
    func open(in maps: SteeringMaps) throws {
        for number in (0..<count).shuffled() {
            announce(number, to: maps.filter)
            var flow = steering_flow()
            flow.leaves = leaves(number)
            try maps.flows.set(forward(number), to: flow)
        }
    }

    /// Opens a pinhole for each of them instead, and later once more: what the packets made of it goes.
    func openPinholes(in maps: SteeringMaps, again: Bool) throws {
        for number in 0..<count {
            if again {
                maps.flows.remove(forward(number))
                maps.flows.remove(reverse(number))
            } else {
                announce(number, to: maps.filter)
                var door = forward(number)
                door.source_port = 0
                try maps.pinholes.set(
                    door,
                    to: steering_pinhole(
                        leaves: leaves(number), conversation: 1, expires: Router.tick + 1000, claim: UInt32(number),
                        serial: 1))
            }
            maps.claims.open(number, serial: 1)
        }
    }

    private func announce(_ number: Int, to filter: Filter) {
        for near in [client(number), translated(number)] {
            filter.add(near: near.address.bigEndian, far: server.address.bigEndian)
        }
    }
}
