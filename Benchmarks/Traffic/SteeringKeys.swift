// Keys and values of the gateway's flow table, for UDP.

import CSteering
import Steering
import WireFormats

extension steering_tuple {
    /// A UDP packet as it arrives on a side.
    public init(from source: Endpoint, to destination: Endpoint, at side: Side) {
        self.init()
        self.source = source.address.bigEndian
        self.destination = destination.address.bigEndian
        source_port = source.port.bigEndian
        destination_port = destination.port.bigEndian
        `protocol` = 17
        self.side = side.rawValue
    }
}

extension steering_translation {
    /// A UDP packet as it leaves.
    public init(from source: Endpoint, to destination: Endpoint) {
        self.init()
        self.source = source.address.bigEndian
        self.destination = destination.address.bigEndian
        source_port = source.port.bigEndian
        destination_port = destination.port.bigEndian
    }
}
