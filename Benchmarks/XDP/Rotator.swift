import CTraffic
import Traffic

/// Makes repeated test-runs of a program over many flows, whatever it does to its packet: see rotator.bpf.c.
final class Rotator {
    /// The program that is to be run in the other's place.
    let descriptor: Int32
    private let program: BPFProgram

    /// For a frame of the first flow, as `Flows.frame` makes it; `target` is the program's descriptor.
    init(_ flows: Flows, vlan: UInt16? = nil, before target: Int32) throws {
        program = try BPFProgram(RotatorObject.hexadecimal)
        descriptor = program.descriptor("rotator")
        try program.set("next", to: target)
        try program.set(".data.rotation", to: rotation(flows, vlan))
    }
}

extension rotation {
    /// What the frame of the first flow says.
    fileprivate init(_ flows: Flows, _ tag: UInt16?) {
        self.init()
        let frame = flows.frame(vlan: tag)
        let network = tag == nil ? 14 : 18
        func word(_ offset: Int) -> UInt16 {
            frame.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: network + offset, as: UInt16.self) }
        }
        self.flows = UInt32(flows.count)
        source = flows.client(0).address.value
        destination = flows.server.address.bigEndian
        ports = (word(20), word(22))
        ip_checksum = word(10)
        udp_checksum = word(26)
        tags = tag == nil ? 0 : 1
        vlan = (tag ?? 0).bigEndian
        withUnsafeMutableBytes(of: &station) { $0.copyBytes(from: frame.prefix(6)) }
        hops = frame[network + 8]
    }
}
