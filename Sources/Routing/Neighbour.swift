import CXDP
import WireFormats

/// What the kernel knows about a station on a link (ARP, RFC 826; its states follow RFC 4861 section 7.3.2).
public struct Neighbour: Equatable, Sendable {
    /// The station's address; nil before it has answered, and on links without addresses.
    public let address: EthernetAddress?
    /// How much the kernel trusts it.
    public let state: State

    /// The kernel's states (neighbour.h, NUD_*).
    public enum State: UInt16, Sendable {
        /// No entry, or one that has not been used yet.
        case none = 0
        /// Asked for the first time, no answer yet.
        case incomplete = 0x01
        /// Confirmed lately.
        case reachable = 0x02
        /// Not confirmed lately: good to send to, to be revalidated when used.
        case stale = 0x04
        /// In use since it went stale; asked again unless a higher layer confirms it within some seconds.
        case delay = 0x08
        /// Being asked again.
        case probe = 0x10
        /// Asked in vain.
        case failed = 0x20
        /// A link that needs no resolution.
        case noARP = 0x40
        /// Set by the operator.
        case permanent = 0x80
    }

    /// An entry from its parts.
    public init(address: EthernetAddress?, state: State) {
        self.address = address
        self.state = state
    }

    /// The address to send to now; nil while there is none to be trusted.
    public var destination: EthernetAddress? {
        switch state {
        case .reachable, .stale, .delay, .probe, .permanent, .noARP: address
        case .none, .incomplete, .failed: nil
        }
    }

    /// Whether `Kernel.probe` is called for: the entry is absent, failed or unconfirmed.
    public var needsProbe: Bool { state == .none || state == .failed || state == .stale }
}

extension Kernel {
    /// The neighbour entry of `address` on the interface of that index; state `none` when there is no entry.
    /// - Throws: `RoutingError` when the kernel cannot be asked, or the interface does not exist.
    public func neighbour(interface: UInt32, address: IPv4Address) throws(RoutingError) -> Neighbour {
        var neighbour = Neighbour(address: nil, state: .none)
        do {
            try ask(
                "cannot look up the neighbour \(address) on interface \(interface)", type: RTM_GETNEIGH,
                body: neighbourBody(interface)
            ) {
                $0.put(NDA_DST, address.bigEndian)
            } each: {
                neighbour = Neighbour($0)
            }
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        return neighbour
    }

    /// Makes the kernel resolve `address`, or revalidate a stale entry, exactly as if it had a packet to send there.
    ///
    /// NTF_USE is that order (neighbour.c, neigh_add): a new entry is asked for by ARP at once; a stale one goes to
    /// `delay` and is asked again after `delay_first_probe_time`, staying usable meanwhile. It would also make a
    /// permanent entry a common one, so this is for entries that `needsProbe` only.
    /// - Throws: `RoutingError` when the kernel refuses: no such interface, no CAP_NET_ADMIN, table full.
    public func probe(interface: UInt32, address: IPv4Address) throws(RoutingError) {
        var body = neighbourBody(interface)
        body.ndm_flags = UInt8(NTF_USE)
        try ask(
            "cannot ask for the neighbour \(address) on interface \(interface)", type: RTM_NEWNEIGH,
            flags: NLM_F_CREATE,
            body: body
        ) { $0.put(NDA_DST, address.bigEndian) }
    }

    private func neighbourBody(_ interface: UInt32) -> ndmsg {
        var body = ndmsg()
        body.ndm_family = UInt8(AF_INET)
        body.ndm_ifindex = Int32(bitPattern: interface)
        return body
    }
}

extension Neighbour {
    /// What a message of the kernel says.
    init(_ message: Message) {
        let attributes = message.attributes(after: ndmsg.self)
        address = attributes.first { $0.type == NDA_LLADDR }.flatMap { EthernetAddress($0.octets) }
        state = State(rawValue: message.body(as: ndmsg.self).ndm_state) ?? .none
    }
}
