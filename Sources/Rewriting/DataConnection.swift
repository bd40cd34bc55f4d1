import WireFormats

/// A data connection that a control conversation has announced, from the announcement to its end.
///
/// The end on the inside and the one on the outside are known but for the port of the one that connects, which the
/// first packet brings; until then it is 0.
public struct DataConnection: BitwiseCopyable, Sendable {
    /// How far it has come.
    public enum Phase: UInt8, BitwiseCopyable, Sendable {
        /// The slot is free.
        case free = 0
        /// Announced; no reply has said yet that it will be used.
        case announced
        /// The pinhole is open.
        case open
        /// The pinhole is to be shut unless it has been used.
        case closing
        /// The pinhole has been used: there are two flows.
        case flowing

        /// Whether both are the same.
        @_noLocks
        public static func == (left: Phase, right: Phase) -> Bool { left.rawValue == right.rawValue }
    }

    /// How far it has come.
    public internal(set) var phase = Phase.free
    /// The side whose packet opens it: the one that did not announce it.
    public internal(set) var opener = Side.outside
    /// Its number among all data connections there have been; slots are used again, numbers hardly.
    public internal(set) var number: UInt32 = 0
    /// The slot of its control conversation.
    public internal(set) var slot = 0
    /// The number of that conversation; slots are used again, numbers hardly.
    public internal(set) var conversation: UInt32 = 0
    /// The end on the inside.
    public internal(set) var inside = Endpoint(IPv4Address(0), 0)
    /// Its public endpoint.
    public internal(set) var translated = Endpoint(IPv4Address(0), 0)
    /// The end on the outside.
    public internal(set) var outside = Endpoint(IPv4Address(0), 0)
    /// When the pinhole shuts by itself, in nanoseconds.
    public internal(set) var expires: UInt64 = 0

    @_noLocks
    init() {}
}

/// A data connection that a session has announced, which may have come to its end and its slot to another since.
struct Announcement: BitwiseCopyable {
    /// Its slot; -1 for no announcement.
    var slot: Int
    /// Its number.
    var number: UInt32

    @_noLocks
    init(slot: Int, number: UInt32) {
        self.slot = slot
        self.number = number
    }

    /// Nothing was announced.
    static var none: Announcement { @_noLocks get { Announcement(slot: -1, number: 0) } }

    /// Whether anything was announced.
    var exists: Bool { @_noLocks get { slot >= 0 } }
}

/// Something for the worker to do with the maps of the XDP program, at once.
public struct DataRequest: BitwiseCopyable, Sendable {
    /// What is to be done.
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// Open the pinhole.
        case open
        /// See whether the pinhole has been used, and tell `pinholeObserved`.
        case observePinhole
        /// See how the flows are, and tell `flowObserved`.
        case observeFlow

        /// Whether both are the same.
        @_noLocks
        public static func == (left: Kind, right: Kind) -> Bool { left.rawValue == right.rawValue }
    }

    /// What is to be done.
    public var kind: Kind
    /// The slot of the data connection.
    public var data: Int

    @_noLocks
    init(kind: Kind, data: Int) {
        self.kind = kind
        self.data = data
    }
}
