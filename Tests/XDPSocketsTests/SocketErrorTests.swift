import Glibc
import Testing
import XDPSockets

@Suite struct SocketErrorTests {
    private static let binding = SocketBinding(interface: "wan0", queue: 3)

    @Test(arguments: [
        (EPERM, "CAP_NET_RAW"), (EBUSY, "another instance"), (EINVAL, "ethtool --show-channels wan0"),
        (ENODEV, "ip link"), (EMFILE, "LimitNOFILE"), (ENOBUFS, "LimitMEMLOCK"),
    ])
    func `a refused socket says what, where, why and what to do`(errno: Int32, advice: String) {
        let text = SocketError(step: .binding(Self.binding, .copy), errno: errno).description
        #expect(text.hasPrefix("wan0 queue 3: cannot open an AF_XDP socket in copy mode: "))
        #expect(text.contains("(errno \(errno))"))
        #expect(text.contains(advice))
    }

    @Test func `refused memory names its size and the limit`() {
        let text = SocketError(step: .registering(bytes: 64 << 20), errno: ENOBUFS).description
        #expect(text.hasPrefix("cannot register 64 MiB"))
        #expect(text.contains("ulimit -l"))
    }

    @Test func `memory that is not there names its size and what to make smaller`() {
        let text = SocketError(step: .mapping(bytes: 3 << 20), errno: ENOMEM).description
        #expect(text.hasPrefix("cannot have 3 MiB of memory for packets: "))
        #expect(text.hasSuffix("use smaller rings or fewer frames"))
    }

    @Test func `an unknown reason is told without advice`() {
        let text = SocketError(step: .reading, errno: EBADF).description
        #expect(text == "cannot read the statistics of an AF_XDP socket: Bad file descriptor (errno 9)")
    }
}
