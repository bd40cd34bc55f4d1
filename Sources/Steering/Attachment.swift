import CXDP
import Glibc

/// The program on one interface, until `detach` or the end of this object or of the process.
///
/// It is a BPF link: no other program can replace it, and the kernel removes it with its last descriptor.
public final class Attachment: Sendable {
    /// Where in the kernel's receive path the program runs.
    public enum Mode: String, Sendable {
        /// In the driver, before a socket buffer exists.
        case native
        /// In the network stack, for drivers without XDP; several times slower.
        case generic
    }

    /// The interface's name.
    public let interface: String
    /// How the program is attached to it.
    public let mode: Mode

    private let link: Int32

    init(_ program: SteeringProgram, to interface: String, mode: Mode) throws(SetupError) {
        let index = unsafe if_nametoindex(interface)
        guard index > 0 else { throw SetupError("if_nametoindex", of: interface, code: errno) }
        var options = unsafe bpf_link_create_opts()
        unsafe options.sz = MemoryLayout<bpf_link_create_opts>.size
        unsafe options.flags = UInt32(mode == .native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE)
        // libbpf reads the options during the call.
        link = unsafe bpf_link_create(program.descriptor, Int32(index), BPF_XDP, &options)
        guard link >= 0 else {
            throw SetupError(
                "attaching the XDP program (\(mode))", of: interface, code: link,
                advice: advice(for: interface, index: Int32(index), code: -link))
        }
        self.interface = interface
        self.mode = mode
    }

    deinit { close(link) }

    /// Takes the program off the interface. Later calls, and the end of this object, do nothing more.
    public func detach() { bpf_link_detach(link) }
}

extension SteeringProgram {
    /// Puts the program on interfaces: on all of them native, or else on all of them generic, since a driver without
    /// native XDP cannot send what native XDP redirects to it. Detaches those it has if one fails.
    public func attach(
        to interfaces: [String], modes: [Attachment.Mode] = [.native, .generic]
    ) throws(SetupError) -> [Attachment] {
        var failure = SetupError("attaching the XDP program", code: EINVAL)
        for mode in modes {
            do throws(SetupError) {
                var attachments: [Attachment] = []
                for interface in interfaces {
                    attachments.append(try Attachment(self, to: interface, mode: mode))
                }
                return attachments
            } catch {
                failure = error
                if [EBUSY, EEXIST, EPERM, ENODEV].contains(error.code) { break }
            }
        }
        throw failure
    }
}

/// What to do when the program cannot be attached; nil for the usual advice.
private func advice(for interface: String, index: Int32, code: Int32) -> String? {
    switch code {
    case EBUSY, EEXIST:
        let (id, name) = attachedProgram(on: index)
        return "another XDP program is attached to \(interface) (id \(id), name \(name)): stop the program that put "
            + "it there, or try `ip link set dev \(interface) xdp off`"
    case ERANGE: return "lower the MTU of \(interface) and of its peer: XDP wants a packet in one page"
    default: return nil
    }
}

/// Number and name of the program that an interface has already; 0 and `unknown` if it is gone by now.
private func attachedProgram(on index: Int32) -> (id: UInt32, name: String) {
    var query = bpf_xdp_query_opts()
    // Up to the last member: libbpf refuses bytes behind it that are not 0, and nobody clears the padding.
    query.sz = MemoryLayout.offset(of: \bpf_xdp_query_opts.attach_mode)! + 1
    var info = bpf_prog_info()
    var size = UInt32(MemoryLayout<bpf_prog_info>.size)
    // libbpf fills the two structures as far as their sizes say.
    guard unsafe bpf_xdp_query(index, 0, &query) == 0 else { return (0, "unknown") }
    let id = [query.drv_prog_id, query.skb_prog_id, query.hw_prog_id, query.prog_id].reduce(0, max)
    let descriptor = bpf_prog_get_fd_by_id(id)
    guard descriptor >= 0 else { return (id, "unknown") }
    defer { close(descriptor) }
    guard unsafe bpf_obj_get_info_by_fd(descriptor, &info, &size) == 0 else { return (id, "unknown") }
    return (id, text(info.name))
}
