import Glibc

/// Why an AF_XDP socket or its memory could not be had, worded for the operator.
public struct SocketError: Error, Hashable, Sendable {
    /// What was being done.
    public enum Step: Hashable, Sendable {
        /// Taking memory for the frames.
        case mapping(bytes: Int)
        /// Making it the user memory of sockets.
        case registering(bytes: Int)
        /// Opening a socket on a queue.
        case binding(SocketBinding, SocketMode)
        /// Having a socket's queue polled busily.
        case busyPolling(SocketBinding)
        /// Making what wakes a worker.
        case waking
        /// Receiving and transmitting: the socket has stopped.
        case serving(SocketBinding)
        /// Reading a socket's statistics.
        case reading
    }

    /// What was being done.
    public var step: Step
    /// The kernel's reason (errno.h), positive.
    public var errno: Int32

    /// An error at a step, with the kernel's reason as a positive errno.
    public init(step: Step, errno: Int32) {
        self.step = step
        self.errno = errno
    }
}

extension SocketError: CustomStringConvertible {
    /// One line: what, where, why, and what to do about it where that is known.
    public var description: String {
        // Unsafe: strerror gives a C string, which is copied at once.
        let reason = unsafe "\(what): \(String(cString: strerror(errno))) (errno \(errno))"
        return advice.map { "\(reason); \($0)" } ?? reason
    }

    private var what: String {
        switch step {
        case .mapping(let bytes): "cannot have \(bytes >> 20) MiB of memory for packets"
        case .registering(let bytes): "cannot register \(bytes >> 20) MiB of memory for packets with the kernel"
        case .binding(let binding, let mode): "\(binding): cannot open an AF_XDP socket in \(mode) mode"
        case .busyPolling(let binding): "\(binding): cannot have it polled busily"
        case .waking: "cannot have an event to wake a worker by"
        case .serving(let binding): "\(binding): its AF_XDP socket has stopped"
        case .reading: "cannot read the statistics of an AF_XDP socket"
        }
    }

    private var advice: String? {
        switch (errno, step) {
        case (_, .serving(let binding)):
            "\(binding.interface) has been removed or renewed: see `ip link`, and start again when it is there"
        case (ENOPROTOOPT, .busyPolling), (EOPNOTSUPP, .busyPolling):
            "this kernel is without it (Linux 5.11, CONFIG_NET_RX_BUSY_POLL): turn busy polling off"
        case (EPERM, _), (EACCES, _):
            "run as root, or with the capabilities CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF"
        case (ENOBUFS, _):
            "the limit on locked memory is too low: raise it (ulimit -l, LimitMEMLOCK=infinity), or use fewer frames"
        case (ENOMEM, _): "use smaller rings or fewer frames"
        case (EAFNOSUPPORT, _): "this kernel is built without CONFIG_XDP_SOCKETS"
        case (EMFILE, _), (ENFILE, _): "too many open files: raise the limit (ulimit -n, LimitNOFILE)"
        case (EBUSY, .binding(let binding, _)):
            "another program, or another instance, has an AF_XDP socket on this queue: "
                + "find it with `ss --xdp` and end it, or leave \(binding.interface) to it"
        case (EINVAL, .binding(let binding, _)):
            "the interface may have fewer queues than \(binding.queue + 1): see `ethtool --show-channels "
                + "\(binding.interface)`; or its MTU may be too large for XDP"
        case (ENODEV, .binding), (ENXIO, .binding): "there is no such interface here: see `ip link`"
        case (ENETDOWN, .binding(let binding, _)): "the interface is down: `ip link set \(binding.interface) up`"
        case (EOPNOTSUPP, .binding(_, .zeroCopy)): "the driver cannot do zero-copy: use copy mode"
        default: nil
        }
    }
}

extension Int32 {
    /// The calling thread's errno.
    static var currentErrno: Int32 { Glibc.errno }
}
