import WireFormats

/// An interface as the worker sees it: a card, or a VLAN on one.
public struct Link: BitwiseCopyable, Sendable {
    /// One VLAN tag.
    public struct Tag: BitwiseCopyable, Sendable {
        /// Its protocol: 0x8100 or 0x88a8.
        public var type: UInt16
        /// The number of the VLAN, 1 to 4094.
        public var vlan: UInt16

        /// A tag from its parts.
        public init(type: UInt16, vlan: UInt16) {
            self.type = type
            self.vlan = vlan
        }
    }

    /// The kernel's number of the interface.
    public var interface: UInt32
    /// The side that it leads to.
    public var side: Side
    /// Its Ethernet address: the six octets as a number.
    public var station: UInt64
    /// The largest IP packet that it carries, in octets.
    public var mtu: Int
    /// The router's own address on it, from which ICMP errors come.
    public var address: IPv4Address
    /// The number of the socket of its card's first queue.
    public var firstSocket: Int
    /// How many queues its card has.
    public var sockets: Int
    /// How many of them can transmit, the first ones.
    public var senders: Int
    /// The sockets that the worker sends by: the first of them, the distance to the next, and how many.
    private var firstSender: Int
    private var senderStep = 1
    private var senderCount: Int
    /// How many of `tags` count.
    public var tagCount = 0
    /// The VLAN tags of its frames, the outermost first.
    public var tags = [2 of Tag](repeating: Tag(type: 0, vlan: 0))

    /// A link without tags, by all of whose sockets that can transmit one worker sends.
    public init(
        interface: UInt32, side: Side, station: UInt64, mtu: Int, address: IPv4Address, firstSocket: Int, sockets: Int,
        senders: Int
    ) {
        self.interface = interface
        self.side = side
        self.station = station
        self.mtu = mtu
        self.address = address
        self.firstSocket = firstSocket
        self.sockets = sockets
        self.senders = senders
        firstSender = firstSocket
        senderCount = senders
    }

    /// The link as one of several workers uses it: it sends by the queues that it serves, or, where none of those can
    /// transmit, by one of another worker.
    func used(by worker: Int, of workers: Int) -> Link {
        var link = self
        link.firstSender = firstSocket + worker % senders
        link.senderStep = workers
        link.senderCount = max(1, (senders - worker + workers - 1) / workers)
        return link
    }

    /// The socket to send to a station by: always the same, so that nothing overtakes.
    @_noLocks
    func sender(to station: UInt64) -> Int {
        firstSender &+ senderStep &* Int(truncatingIfNeeded: station % UInt64(truncatingIfNeeded: senderCount))
    }

    /// Adds the next inner tag; false if there are two already.
    public mutating func add(_ tag: Tag) -> Bool {
        guard tagCount < 2 else { return false }
        tags[tagCount] = tag
        tagCount += 1
        return true
    }

    /// Octets of Ethernet in front of the IP packet.
    var headerLength: Int { @_noLocks get { 14 &+ 4 &* tagCount } }

    /// Whether a frame that came by one of these sockets has just these tags.
    @_noLocks
    func carries(_ frame: borrowing RawSpan, socket: Int, network: Int) -> Bool {
        guard socket >= firstSocket, socket < firstSocket &+ sockets, network == headerLength else { return false }
        for index in 0..<tagCount where frame.number16(at: 14 &+ 4 &* index) & 0xfff != tags[index].vlan {
            return false
        }
        return true
    }

    /// Writes the Ethernet header and tags in front of an IPv4 packet.
    @_noLocks
    func writeHeader(to station: UInt64, into frame: inout MutableRawSpan) {
        frame.put(UInt32(truncatingIfNeeded: station >> 16), at: 0)
        frame.put(UInt16(truncatingIfNeeded: station), at: 4)
        frame.put(UInt32(truncatingIfNeeded: self.station >> 16), at: 6)
        frame.put(UInt16(truncatingIfNeeded: self.station), at: 10)
        for index in 0..<tagCount {
            frame.put(tags[index].type, at: 12 &+ 4 &* index)
            frame.put(tags[index].vlan, at: 14 &+ 4 &* index)
        }
        frame.put(UInt16(0x0800), at: 12 &+ 4 &* tagCount)
    }
}
