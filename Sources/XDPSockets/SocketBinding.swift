/// What an AF_XDP socket serves: one queue of one interface.
public struct SocketBinding: Hashable, Sendable {
    /// The interface's name, in the network namespace of the thread that opens the socket.
    public var interface: String
    /// The queue, counted from 0.
    public var queue: UInt32

    /// A queue of an interface.
    public init(interface: String, queue: UInt32) {
        self.interface = interface
        self.queue = queue
    }
}

extension SocketBinding: CustomStringConvertible {
    /// `lan0 queue 0`.
    public var description: String { "\(interface) queue \(queue)" }
}
