import PlainMemory
import Routing
import WireFormats

/// Where packets go next: what the kernel's routing and neighbour tables said, remembered for two seconds or until
/// they change. The kernel stays the only source of truth; this only spares it a question for every packet.
///
/// Invariant: an entry is used only if its destination is the one looked for and it is not older than `lifetime`.
/// Asking also makes the kernel revalidate a stale neighbour, which nobody else would, since our packets by-pass it.
struct NextHops: ~Copyable {
    /// What is known of a destination.
    enum Answer {
        /// Send it by this link, to this station; packets of more than `mtu` octets do not fit.
        case ready(link: Int, station: UInt64, mtu: Int)
        /// The kernel is finding out; ask again.
        case resolving
        /// There is no way.
        case unreachable
    }

    /// What was learnt; not private, because the compiler (6.3) breaks on that in a generic table of other files.
    struct Entry: BitwiseCopyable {
        var destination = IPv4Address(0)
        var link: Int32 = 0
        var mtu: Int32 = 0
        var station: UInt64 = 0
        var asked: UInt64 = 0
    }

    private static var lifetime: UInt64 { @_noLocks get { 2_000_000_000 } }
    private static var size: Int { @_noLocks get { 4096 } }

    private var entries: Slots<Entry>
    private let kernel: Kernel
    private let links: [Link]

    /// Asks the kernel in the network namespace of the calling thread.
    init(_ links: [Link]) throws {
        let kernel = try Kernel()
        let entries = try Slots<Entry>(count: NextHops.size)
        self.kernel = kernel
        self.links = links
        self.entries = entries
    }

    /// The way to a destination.
    @_noLocks
    mutating func find(_ destination: IPv4Address, now: UInt64) -> Answer {
        let place = Int((destination.value &* 0x9e37_79b9) >> 20)
        let entry = entries[place]
        if entry.destination == destination, entry.asked != 0, now &- entry.asked < NextHops.lifetime {
            return .ready(link: Int(entry.link), station: entry.station, mtu: Int(entry.mtu))
        }
        return ask(destination, place, now)
    }

    /// Forgets everything, because the kernel's tables have changed.
    mutating func forget() {
        for place in 0..<NextHops.size where entries[place].asked != 0 { entries[place].asked = 0 }
    }

    /// Exempt from `@_noLocks`: it asks the kernel, at most once in two seconds for a destination that is reached.
    @_semantics("no_performance_analysis")
    private mutating func ask(_ destination: IPv4Address, _ place: Int, _ now: UInt64) -> Answer {
        // The kernel not answering is rare and passes; the packet waits, and is asked for again.
        guard let route = try? kernel.route(to: destination) else { return .resolving }
        guard case .hop(let hop) = route, let link = links.firstIndex(where: { $0.interface == hop.interface }) else {
            return .unreachable
        }
        let address = hop.neighbour(of: destination)
        guard let neighbour = try? kernel.neighbour(interface: hop.interface, address: address) else {
            return .resolving
        }
        if neighbour.needsProbe { try? kernel.probe(interface: hop.interface, address: address) }
        guard let station = neighbour.destination else { return .resolving }
        let mtu = min(links[link].mtu, Int(hop.mtu ?? .max))
        entries[place] = Entry(
            destination: destination, link: Int32(link), mtu: Int32(mtu), station: station.value, asked: max(now, 1))
        return .ready(link: link, station: station.value, mtu: mtu)
    }
}
