import CSteering
import CXDP
import Glibc

/// The maps of one loaded program: its own, or those of a running gateway, opened for the command line.
///
/// Invariant: owns one descriptor for each map, and the mappings of those that are mapped, until it goes.
public final class SteeringMaps: Sendable {
    /// Both directions of every IPv4 data connection.
    public let flows: KernelMap<steering_tuple, steering_flow>
    /// The same for IPv6.
    public let flows6: KernelMap<steering_tuple6, steering_flow>
    /// Doors that open once; the source port of the key is 0.
    public let pinholes: KernelMap<steering_tuple, steering_pinhole>
    /// The same for IPv6.
    public let pinholes6: KernelMap<steering_tuple6, steering_pinhole>
    /// Who has used them.
    public let claims: Claims
    /// What the program sees of the RTP in flows that have a stream.
    public let streams: Streams
    /// Between which hosts pinholes and flows are: to be told before them.
    public let filter: Filter
    /// Links with VLAN tags or high numbers; see `setLink`.
    let links: KernelMap<steering_link_key, steering_link>
    /// The numbers of the ways out, by the kernel's interface number.
    let exitNumbers: KernelMap<UInt32, UInt32>
    /// The router's own addresses, with the bits of `steering_address_use`. `settings.renew` makes a change count.
    public let addresses: KernelMap<steering_address, UInt32>
    /// By verdict; read it with `readings()`.
    public let counters: KernelMap<UInt32, UInt64>
    /// The cards that packets can be sent on, by the number of the way out.
    public let ports: KernelMap<UInt32, UInt32>
    /// Descriptors of AF_XDP sockets, by `steering_link.first_socket` plus the queue.
    public let sockets: KernelMap<UInt32, Int32>
    /// What all packets have in common.
    public let settings: SettingsPage
    /// What they look up by a number.
    public let tables: Tables

    /// The kernel's numbers of the maps, from which another process can open them.
    public let ids: [UInt32]

    private let descriptors: [String: Int32]

    /// Opens the maps of a running gateway from their `ids`, in any order. Needs CAP_SYS_ADMIN.
    public convenience init(ids: [UInt32]) throws(SetupError) {
        var descriptors: [String: Int32] = [:]
        do throws(SetupError) {
            for id in ids {
                let descriptor = bpf_map_get_fd_by_id(id)
                guard descriptor >= 0 else {
                    throw SetupError("bpf_map_get_fd_by_id", of: "map \(id)", code: descriptor)
                }
                descriptors[try Self.info(of: descriptor).title] = descriptor
            }
        } catch {
            for descriptor in descriptors.values { close(descriptor) }
            throw error
        }
        try self.init(descriptors: descriptors)
    }

    /// Takes over the descriptors, by map name; closes them if one is missing.
    init(descriptors: [String: Int32]) throws(SetupError) {
        do throws(SetupError) {
            func map(_ name: StaticString) throws(SetupError) -> Int32 {
                if let descriptor = descriptors["\(name)"] { return descriptor }
                throw SetupError("opening", of: "map \(name)", code: ENOENT)
            }
            flows = KernelMap("flows", try map("flows"))
            flows6 = KernelMap("flows6", try map("flows6"))
            pinholes = KernelMap("pinholes", try map("pinholes"))
            pinholes6 = KernelMap("pinholes6", try map("pinholes6"))
            links = KernelMap("links", try map("links"))
            exitNumbers = KernelMap("exit_numbers", try map("exit_numbers"))
            addresses = KernelMap("addresses", try map("addresses"))
            counters = KernelMap("counters", try map("counters"))
            ports = KernelMap("ports", try map("ports"))
            sockets = KernelMap("sockets", try map("sockets"))
            var ids: [UInt32] = []
            for descriptor in descriptors.values { ids.append(try Self.info(of: descriptor).id) }
            self.ids = ids.sorted()
            settings = try SettingsPage(map: try map(".data.settings"))
            tables = try Tables(map: try map(".data.tables"))
            filter = try Filter(map: try map("filter"), lines: try Self.info(of: try map("filter")).max_entries)
            claims = try Claims(map: try map("claims"), count: try Self.info(of: try map("claims")).max_entries)
            streams = try Streams(map: try map("streams"), count: try Self.info(of: try map("streams")).max_entries)
            self.descriptors = descriptors
        } catch {
            for descriptor in descriptors.values { close(descriptor) }
            throw error
        }
    }

    deinit {
        settings.unmap()
        tables.unmap()
        filter.unmap()
        claims.unmap()
        streams.unmap()
        for descriptor in descriptors.values { close(descriptor) }
    }

    private static func info(of descriptor: Int32) throws(SetupError) -> bpf_map_info {
        var info = bpf_map_info()
        var size = UInt32(MemoryLayout<bpf_map_info>.size)
        // The kernel writes at most `size` bytes.
        let result = unsafe bpf_obj_get_info_by_fd(descriptor, &info, &size)
        guard result == 0 else { throw SetupError("bpf_obj_get_info_by_fd", of: "a map", code: result) }
        return info
    }
}

extension bpf_map_info {
    /// The map's name, at most 15 bytes.
    fileprivate var title: String { text(name) }
}

/// The string in a fixed array of C characters that ends with a 0.
func text<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
