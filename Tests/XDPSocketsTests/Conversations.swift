import Synchronization
import XDPSockets

/// What the workers of a test know of the conversations, one owner each: the number of the last packet, in memory that
/// nothing but the hand-over protects.
///
/// Whoever handles the first packet of a conversation claims it for good. The claim orders no other access (it is
/// relaxed), so that the thread sanitizer sees two owners as well.
final class Conversations: Sendable {
    static let count = 64
    private let workers: Int
    private nonisolated(unsafe) let claims: UnsafeMutablePointer<Atomic<Int>>
    private nonisolated(unsafe) let last: UnsafeMutablePointer<UInt64>
    /// Packets that someone else handled than the owner of their conversation.
    let intrusions = Atomic<Int>(0)
    /// Packets that came after a later one of their conversation.
    let reorderings = Atomic<Int>(0)
    /// Packets that the workers have lost on purpose.
    let lost = Atomic<Int>(0)
    /// Whether the workers are to stop.
    let isOver = Atomic<Bool>(false)

    init(workers: Int) {
        self.workers = workers
        claims = .allocate(capacity: Self.count)
        last = .allocate(capacity: Self.count)
        for conversation in 0..<Self.count { (claims + conversation).initialize(to: Atomic(-1)) }
        last.initialize(repeating: 0, count: Self.count)
    }

    deinit {
        claims.deallocate()
        last.deallocate()
    }

    func owner(of conversation: Int) -> Int { conversation % workers }

    /// Handles a packet on behalf of a worker.
    func handle(_ packet: NumberedPacket, by worker: Int) {
        let claim = claims + packet.conversation
        let owner = claim.pointee.compareExchange(expected: -1, desired: worker, ordering: .relaxed).original
        if owner != -1 && owner != worker { intrusions.wrappingAdd(1, ordering: .relaxed) }
        if last[packet.conversation] >= packet.number { reorderings.wrappingAdd(1, ordering: .relaxed) }
        last[packet.conversation] = packet.number
    }
}

/// A packet of a test: of which conversation, and which of it, counted from 1.
struct NumberedPacket {
    var conversation: Int
    var number: UInt64

    /// As ``SocketGroup/send(_:length:on:)`` writes it.
    var sequence: UInt64 { UInt64(conversation) << 48 | number }

    init(conversation: Int, number: UInt64) {
        self.conversation = conversation
        self.number = number
    }

    /// From its bytes.
    init(_ bytes: RawSpan) {
        let sequence = bytes.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self)
        conversation = Int(sequence >> 48)
        number = sequence & (1 << 48 - 1)
    }
}
