import CXDP
import Foundation

/// An XDP program on an interface while this lives, in native mode. A BPF link, because that can be detached from any
/// network namespace.
final class ProgramLink {
    private let link: Int32

    /// Attaches a program to an interface of this thread's network namespace.
    init(_ program: Int32, to interface: String) throws {
        var options = bpf_link_create_opts()
        options.sz = MemoryLayout<bpf_link_create_opts>.size
        options.flags = UInt32(XDP_FLAGS_DRV_MODE)
        link = bpf_link_create(program, Int32(if_nametoindex(interface)), BPF_XDP, &options)
        guard link >= 0 else { throw BPFFailure("attaching an XDP program to \(interface)", -link) }
    }

    deinit {
        bpf_link_detach(link)
        close(link)
    }
}
