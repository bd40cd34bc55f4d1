import FlowTables
import PlainMemory
import WireFormats
import XDPSockets

/// Packets that wait for the kernel to find their next hop, complete but for the Ethernet header.
///
/// Invariants: the first `count` places are taken; a packet waits at most as long as ARP tries (three times a second).
struct WaitingRoom: ~Copyable {
    /// A packet that waits.
    struct Packet: BitwiseCopyable {
        var frame: Frame
        var destination: IPv4Address
        var since: UInt64

        @_noLocks
        init(frame: Frame, destination: IPv4Address, since: UInt64) {
            self.frame = frame
            self.destination = destination
            self.since = since
        }
    }

    private var packets: Slots<Packet>
    /// How many packets wait.
    private(set) var count = 0

    init() throws(TableError) { packets = try Slots(count: 256) }

    /// A packet that waits.
    subscript(place: Int) -> Packet { @_noLocks get { packets[place] } }

    /// Lets a packet wait; false when the room is full.
    @_noLocks
    mutating func enter(_ packet: Packet) -> Bool {
        guard count < packets.count else { return false }
        packets[count] = packet
        count &+= 1
        return true
    }

    /// Takes a packet out; the others keep their order.
    @_noLocks
    mutating func leave(_ place: Int) {
        count &-= 1
        for index in place..<count { packets[index] = packets[index &+ 1] }
    }
}
