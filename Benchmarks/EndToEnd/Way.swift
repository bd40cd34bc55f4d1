/// Ways that the packets of a conversation take between its ends.
enum Way: CaseIterable {
    /// From one end to the other.
    case direct
    /// Through a forwarder of AF_XDP that reads nothing: what any gateway pays on these links that uses it.
    case bare
    /// Through the gateway.
    case gateway
    /// Through the kernel and its helper.
    case kernel
}
