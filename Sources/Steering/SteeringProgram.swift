import CSteering
import CXDP
import Glibc

/// The XDP program, loaded into the kernel with maps of its own.
///
/// Nothing is pinned: when the process ends, however it ends, the program is detached and its maps are gone.
public final class SteeringProgram: Sendable {
    /// How many entries the maps hold that grow with the traffic. All memory is taken when the program is loaded.
    public struct Capacity: Sendable {
        /// Directions of IPv4 data connections: two for each connection.
        public var flows: UInt32
        /// Doors open at the same time.
        public var pinholes: UInt32
        /// The same for IPv6, for which no service of the gateway announces data connections yet.
        public var flows6: UInt32
        /// The same for IPv6.
        public var pinholes6: UInt32

        /// RTP streams: one for each direction of media, at most `STEERING_STREAMS_MAX`.
        public var streams: UInt32

        /// Claims: one for each pinhole, and a few more, because each worker's part is rounded up.
        var claims: UInt32 { pinholes + pinholes6 + 1024 }

        /// A capacity; no number may be 0.
        public init(flows: UInt32, pinholes: UInt32, flows6: UInt32 = 1, pinholes6: UInt32 = 1, streams: UInt32 = 1) {
            precondition(flows > 0 && pinholes > 0 && flows6 > 0 && pinholes6 > 0)
            precondition(1...STEERING_STREAMS_MAX.rawValue ~= streams)
            self.flows = flows
            self.pinholes = pinholes
            self.flows6 = flows6
            self.pinholes6 = pinholes6
            self.streams = streams
        }
    }

    /// The program's maps.
    public let maps: SteeringMaps

    /// The program's file descriptor.
    public let descriptor: Int32

    /// Loads the program that was compiled with this module. Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.
    public init(capacity: Capacity) throws(SetupError) {
        let object = unsafe try Self.open()
        // `open` has returned an object, and everything below copies what it needs of it.
        defer { unsafe bpf_object__close(object) }
        let cells = Filter.cells(flows: capacity.flows + capacity.flows6)
        for (map, entries) in [
            ("flows", capacity.flows), ("flows6", capacity.flows6), ("pinholes", capacity.pinholes),
            ("pinholes6", capacity.pinholes6), ("claims", capacity.claims), ("streams", capacity.streams),
            ("meters", capacity.streams), ("filter", cells / STEERING_FILTER_LINE.rawValue),
        ] {
            unsafe bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map), entries)
        }
        let result = unsafe bpf_object__load(object)
        guard result == 0 else { throw SetupError("loading", of: "the XDP program", code: result) }

        var descriptors: [String: Int32] = [:]
        var map = unsafe bpf_object__next_map(object, nil)
        while unsafe map != nil {
            unsafe descriptors[String(cString: bpf_map__name(map))] = duplicate(bpf_map__fd(map))
            unsafe map = bpf_object__next_map(object, map)
        }
        maps = try SteeringMaps(descriptors: descriptors)
        maps.settings.filterShift = maps.filter.shift
        descriptor = unsafe duplicate(bpf_program__fd(bpf_object__next_program(object, nil)))
    }

    deinit { close(descriptor) }

    private static func open() throws(SetupError) -> OpaquePointer {
        let bytes = SteeringObject.hexadecimal.hexadecimalBytes
        // libbpf copies what it keeps of the bytes.
        let object = unsafe bytes.withUnsafeBytes { unsafe bpf_object__open_mem($0.baseAddress, $0.count, nil) }
        guard let object = unsafe object else { throw SetupError("opening", of: "the XDP program", code: errno) }
        return unsafe object
    }
}

/// A second descriptor for what the first one names, closed on exec like it.
private func duplicate(_ descriptor: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

extension StaticString {
    /// The bytes of a string of hexadecimal digits in lower case, two for each: a compiled program.
    public var hexadecimalBytes: [UInt8] {
        func value(_ digit: UInt8) -> UInt8 { digit < 0x3a ? digit &- 0x30 : digit &- 0x61 &+ 10 }
        // A StaticString that is not a single scalar points to that many bytes of constant memory.
        let digits = unsafe UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
        return stride(from: 0, to: digits.count, by: 2).map { unsafe value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}
