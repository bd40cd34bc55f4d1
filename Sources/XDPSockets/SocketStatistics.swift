import CXDP

/// What the kernel has counted for a socket since it was opened (XDP_STATISTICS, struct xdp_statistics). Packets or
/// descriptors.
public struct SocketStatistics: Equatable, BitwiseCopyable, Sendable {
    /// Packets lost for another reason than those below: too long for a frame, for example.
    public var receiveDropped: UInt64 = 0
    /// Packets lost because the worker did not empty the receive ring in time.
    public var receiveRingFull: UInt64 = 0
    /// Packets lost because the fill ring had no frame.
    public var fillRingEmpty: UInt64 = 0
    /// Frames in the fill ring that the kernel refused; each is a defect of this program.
    public var receiveInvalid: UInt64 = 0
    /// Descriptors in the transmit ring that the kernel refused; each is a defect of this program.
    public var transmitInvalid: UInt64 = 0
    /// Times that the kernel found the transmit ring empty; no loss.
    public var transmitRingEmpty: UInt64 = 0

    /// Nothing counted.
    public init() {}

    /// Asks the kernel. May be called on any thread.
    /// - Parameter descriptor: of an open AF_XDP socket, see ``SocketGroup/descriptor(of:)``.
    /// - Throws: the kernel's refusal; on an open AF_XDP socket there is none.
    public init(descriptor: Int32) throws(SocketError) {
        var statistics = xdp_statistics()
        // Unsafe: the kernel writes no more than the size of the structure.
        let result = unsafe sp_socket_statistics(descriptor, &statistics)
        guard result == 0 else { throw SocketError(step: .reading, errno: -result) }
        receiveDropped = statistics.rx_dropped
        receiveRingFull = statistics.rx_ring_full
        fillRingEmpty = statistics.rx_fill_ring_empty_descs
        receiveInvalid = statistics.rx_invalid_descs
        transmitInvalid = statistics.tx_invalid_descs
        transmitRingEmpty = statistics.tx_ring_empty_descs
    }
}
