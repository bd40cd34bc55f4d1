import CSteering
import Glibc

/// What the program sees of the RTP in flows that have a stream; the layout and the meaning are `steering_stream`'s.
///
/// Invariant, which its users keep: a stream belongs to one flow at a time, which is put into the map after `reset` and
/// names it. While the flow is there, only the program writes.
@safe public struct Streams: Sendable {
    /// Valid while the `SteeringMaps` that it came from lives; the program writes here.
    @usableFromInline nonisolated(unsafe) let streams: UnsafeMutablePointer<steering_stream>
    /// How many there are.
    public let count: Int

    init(map descriptor: Int32, count: UInt32) throws(SetupError) {
        self.count = Int(count)
        let size = MemoryLayout<steering_stream>.stride * Int(count)
        let area = unsafe try mapped(descriptor, size: size, "streams")
        unsafe streams = area.bindMemory(to: steering_stream.self, capacity: Int(count))
    }

    func unmap() { unsafe munmap(streams, MemoryLayout<steering_stream>.stride * count) }

    /// Readies a stream for a flow that is to be inserted.
    ///
    /// - Parameter clockRate: of the RTP timestamps, in Hz, as the SDP says (RFC 8866 section 6.6). With 0, or one above
    ///   `STEERING_CLOCK_RATE_MAX`, the program measures no jitter.
    @_noLocks
    public func reset(_ index: Int, clockRate: UInt32) {
        var stream = steering_stream()
        stream.clock_rate = clockRate > STEERING_CLOCK_RATE_MAX.rawValue ? 0 : clockRate
        unsafe place(index).pointee = stream
    }

    /// What a stream says now. Each of its words is read whole; packets may be counted between one and the next.
    @_noLocks
    public func read(_ index: Int) -> steering_stream { unsafe place(index).pointee }

    @unsafe @_noLocks
    private func place(_ index: Int) -> UnsafeMutablePointer<steering_stream> {
        precondition(index >= 0 && index < count)
        return unsafe streams + index
    }
}
