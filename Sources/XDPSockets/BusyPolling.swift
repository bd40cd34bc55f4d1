/// Busy polling of the sockets' queues (SO_PREFER_BUSY_POLL, Linux 5.11): the worker itself runs the driver when a queue
/// has nothing for it, instead of waiting for an interrupt to do so.
///
/// It pays on a card whose interrupts are held back (napi_defer_hard_irqs and gro_flush_timeout of the device), and may
/// cost where one worker serves two cards.
public struct BusyPolling: Hashable, Sendable {
    /// The longest time that one call polls a queue, in microseconds (SO_BUSY_POLL).
    public var microseconds: Int32
    /// The most packets that one call takes from a queue, 1 to 65535 (SO_BUSY_POLL_BUDGET).
    public var budget: Int32

    /// 20 microseconds, 64 packets, unless said otherwise.
    public init(microseconds: Int32 = 20, budget: Int32 = 64) {
        self.microseconds = microseconds
        self.budget = budget
    }
}
