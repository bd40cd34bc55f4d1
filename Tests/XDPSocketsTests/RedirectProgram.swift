import CXDP
import Glibc

/// The smallest XDP program that feeds sockets: `return bpf_redirect_map(sockets, ctx->rx_queue_index, XDP_PASS)`.
/// Attached while it lives, in the calling thread's network namespace.
final class RedirectProgram {
    private let interface: UInt32
    private let sockets: Int32
    private let program: Int32
    private let flags: UInt32

    init(interface: String, native: Bool) throws {
        self.interface = if_nametoindex(interface)
        flags = UInt32(native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE)
        sockets = try Self.checked(bpf_map_create(BPF_MAP_TYPE_XSKMAP, "sockets", 4, 4, 8, nil))
        let instructions = [
            Self.instruction(BPF_LDX | BPF_W | BPF_MEM, target: 2, source: 1, offset: 16),  // xdp_md.rx_queue_index
            Self.instruction(BPF_LD | BPF_DW | BPF_IMM, target: 1, source: BPF_PSEUDO_MAP_FD, value: sockets),
            bpf_insn(),
            Self.instruction(BPF_ALU64 | BPF_MOV | BPF_K, target: 3, value: Int32(XDP_PASS.rawValue)),
            Self.instruction(BPF_JMP | BPF_CALL, value: Int32(BPF_FUNC_redirect_map.rawValue)),
            Self.instruction(BPF_JMP | BPF_EXIT),
        ]
        program = try Self.checked(
            bpf_prog_load(BPF_PROG_TYPE_XDP, "redirect", "GPL", instructions, instructions.count, nil))
        _ = try Self.checked(bpf_xdp_attach(Int32(self.interface), program, flags, nil))
    }

    /// Packets of a queue go to this socket from now on.
    func redirect(queue: UInt32, to socket: Int32) throws {
        var (queue, socket) = (queue, socket)
        _ = try Self.checked(bpf_map_update_elem(sockets, &queue, &socket, 0))
    }

    deinit {
        bpf_xdp_detach(Int32(interface), flags, nil)
        close(program)
        close(sockets)
    }

    private static func instruction(
        _ code: Int32, target: Int32 = 0, source: Int32 = 0, offset: Int16 = 0, value: Int32 = 0
    ) -> bpf_insn {
        var instruction = bpf_insn()
        instruction.code = UInt8(code)
        instruction.dst_reg = UInt8(target)
        instruction.src_reg = UInt8(source)
        instruction.off = offset
        instruction.imm = value
        return instruction
    }

    private static func checked(_ result: Int32) throws -> Int32 {
        guard result >= 0 else { throw Refusal(errno: -result) }
        return result
    }

    /// libbpf's refusal.
    struct Refusal: Error {
        let errno: Int32
    }
}
