import PlainMemory
import WireFormats

/// The public endpoints that belong to one worker: a block of ports, its slice of the gateway's, on each of a few
/// addresses. It knows which are free, and whose the others are, so that a returning packet is found by arithmetic.
///
/// A block of pairs gives out an even port together with the odd one above it, as RTP and RTCP want them (RFC 3550
/// section 11); the even one stands for both.
///
/// Invariants: `free[a * count ..< a * count + unused[a]]` are the free ports of address `a`, as numbers in the
/// block, in an order that drawing at random keeps shuffling (RFC 6056); `owners` has 0 exactly for those.
public struct PortBlock: ~Copyable {
    /// Who holds a public endpoint.
    public enum Owner: Equatable, Sendable {
        /// A control conversation, or an inside host that speaks SIP, by its slot.
        case conversation(Int)
        /// A data connection, or a media stream, by its slot.
        case data(Int)
    }

    /// A free endpoint, valid until the block changes.
    public struct Draw: BitwiseCopyable, Sendable {
        fileprivate let position: Int
        /// The endpoint.
        public let endpoint: Endpoint

        @_noLocks
        fileprivate init(position: Int, endpoint: Endpoint) {
            self.position = position
            self.endpoint = endpoint
        }
    }

    private var addresses: Slots<IPv4Address>
    private var free: Slots<UInt16>
    private var unused: Slots<Int>
    private var owners: Slots<UInt32>
    /// The first port of the block.
    public let first: UInt16
    /// How many ports, or pairs, the block has.
    public let count: Int
    /// From one port that is given out to the next: 1, or 2 for pairs.
    private let step: Int

    /// The ports of `range` on every address, or the pairs of an even and an odd one; there must be at least one of each.
    public init(
        _ publicAddresses: [IPv4Address], _ range: ClosedRange<UInt16>, inPairs: Bool = false
    ) throws(TableError) {
        let first = inPairs ? range.lowerBound + range.lowerBound % 2 : range.lowerBound
        let step = inPairs ? 2 : 1
        let count = (Int(range.upperBound) + 1 - Int(first)) / step
        let addresses = try Slots<IPv4Address>(count: publicAddresses.count)
        let free = try Slots<UInt16>(count: publicAddresses.count * count)
        let unused = try Slots<Int>(count: publicAddresses.count)
        let owners = try Slots<UInt32>(count: publicAddresses.count * count)
        self.addresses = addresses
        self.free = free
        self.unused = unused
        self.owners = owners
        self.count = count
        self.first = first
        self.step = step
        for (index, address) in publicAddresses.enumerated() {
            self.addresses[index] = address
            self.unused[index] = count
            for port in 0..<count { self.free[index * count + port] = UInt16(port) }
        }
    }

    /// How many ports are free on all addresses together.
    public var available: Int {
        @_noLocks get {
            var sum = 0
            for index in 0..<addresses.count { sum &+= unused[index] }
            return sum
        }
    }

    /// How many addresses there are.
    var addressCount: Int { @_noLocks get { addresses.count } }

    /// A port on one of the addresses, by the address's place among them.
    @_noLocks
    func endpoint(_ address: Int, _ port: UInt16) -> Endpoint { Endpoint(addresses[address], port) }

    /// The address for everything of one inside host, always the same (RFC 4787 REQ-2: pooling is paired).
    @_noLocks
    public func address(for inside: IPv4Address) -> IPv4Address {
        addresses[Int((inside.value &* 0x9e37_79b9) >> 16) % addresses.count]
    }

    /// A free endpoint of an address, drawn by a random number, which nobody has taken yet; nil when none is free.
    @_noLocks
    public func draw(_ address: IPv4Address, by number: UInt64) -> Draw? {
        guard let index = index(of: address), unused[index] > 0 else { return nil }
        let position = index &* count &+ Int(truncatingIfNeeded: number % UInt64(truncatingIfNeeded: unused[index]))
        return Draw(
            position: position, endpoint: Endpoint(address, first &+ free[position] &* UInt16(truncatingIfNeeded: step))
        )
    }

    /// Takes what was drawn last.
    @_noLocks
    public mutating func take(_ draw: Draw, for owner: Owner) -> Endpoint {
        let index = draw.position / count
        let offset = Int(free[draw.position])
        unused[index] &-= 1
        free[draw.position] = free[index &* count &+ unused[index]]
        switch owner {
        case .conversation(let slot): owners[index &* count &+ offset] = UInt32(truncatingIfNeeded: slot &+ 1)
        case .data(let slot): owners[index &* count &+ offset] = UInt32(truncatingIfNeeded: slot &+ 1) | 1 << 31
        }
        return draw.endpoint
    }

    /// Whether an endpoint is of the block, and free.
    @_noLocks
    public func isFree(_ endpoint: Endpoint) -> Bool {
        guard let place = place(of: endpoint) else { return false }
        return owners[place] == 0
    }

    /// Takes a certain one, which is free. Where it stands among the free ones is not known: all of them are looked at.
    @_noLocks
    public mutating func take(_ endpoint: Endpoint, for owner: Owner) {
        guard let place = place(of: endpoint), owners[place] == 0 else { return }
        let index = place / count
        var position = index &* count
        while free[position] != UInt16(truncatingIfNeeded: place &- index &* count) { position &+= 1 }
        _ = take(Draw(position: position, endpoint: endpoint), for: owner)
    }

    /// Gives an endpoint back; nothing happens if it is free or not of the block.
    @_noLocks
    public mutating func give(_ endpoint: Endpoint) {
        guard let place = place(of: endpoint), owners[place] != 0 else { return }
        owners[place] = 0
        let index = place / count
        free[index &* count &+ unused[index]] = UInt16(truncatingIfNeeded: place &- index &* count)
        unused[index] &+= 1
    }

    /// Who holds an endpoint; nil if it is free or not of the block.
    @_noLocks
    public func owner(of endpoint: Endpoint) -> Owner? {
        guard let place = place(of: endpoint), owners[place] != 0 else { return nil }
        let owner = owners[place]
        let slot = Int(owner & 0x7fff_ffff) &- 1
        return owner >> 31 == 1 ? .data(slot) : .conversation(slot)
    }

    @_noLocks
    private func place(of endpoint: Endpoint) -> Int? {
        let offset = Int(endpoint.port) &- Int(first)
        guard offset >= 0, offset < count &* step, let index = index(of: endpoint.address) else { return nil }
        return index &* count &+ offset / step
    }

    @_noLocks
    private func index(of address: IPv4Address) -> Int? {
        for index in 0..<addresses.count where addresses[index] == address { return index }
        return nil
    }
}
