import Foundation

/// What a running gateway tells the command line about itself, in `gateway.json` of its state directory.
public struct GatewayState: Codable, Equatable, Sendable {
    /// Its process number.
    public var pid: Int32
    /// When it started; in the file, ISO 8601 in UTC, whole seconds.
    public var started: Date
    /// Its version.
    public var version: String
    /// The configuration file's absolute path.
    public var configuration: String
    /// Its interfaces, in the order of the configuration.
    public var interfaces: [Interface]
    /// The numbers of its BPF maps, for `bpf(BPF_MAP_GET_FD_BY_ID)`.
    public var maps: [UInt32]
    /// Its workers, by their number.
    public var workers: [Worker]

    /// An interface that it works on.
    public struct Interface: Codable, Equatable, Sendable {
        /// The kernel's name of it.
        public var name: String
        /// `inside` or `outside`.
        public var side: String
        /// Where the XDP program runs, such as `native` or `generic`.
        public var attachMode: String
        /// How each queue's socket is bound, `copy` or `zero-copy`, in the order of the queues that have one.
        public var bindModes: [String]

        /// An interface's state from its parts.
        public init(name: String, side: String, attachMode: String, bindModes: [String]) {
            self.name = name
            self.side = side
            self.attachMode = attachMode
            self.bindModes = bindModes
        }
    }

    /// One of its workers.
    public struct Worker: Codable, Equatable, Sendable {
        /// The processor that it runs on; nil for any.
        public var processor: Int?
        /// Its sockets, in the order of its tables: card and queue, such as `lan0/0`.
        public var sockets: [String]

        /// A worker's state from its parts.
        public init(processor: Int?, sockets: [String]) {
            self.processor = processor
            self.sockets = sockets
        }
    }

    /// A state from its parts.
    public init(
        pid: Int32, started: Date, version: String, configuration: String, interfaces: [Interface], maps: [UInt32],
        workers: [Worker]
    ) {
        self.pid = pid
        self.started = started
        self.version = version
        self.configuration = configuration
        self.interfaces = interfaces
        self.maps = maps
        self.workers = workers
    }

    /// As it stands in the file.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// From the file's contents.
    init(decoding data: Data) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(Self.self, from: data)
    }
}
