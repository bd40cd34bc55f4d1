import TestSupport
import XDPSockets

/// A worker that handles the packets of its own conversations and hands those of others over. It loses some at random,
/// and sends by the queue of the other card that is its own.
struct SharingWorker {
    private let conversations: Conversations
    private var random: Random

    init(conversations: Conversations, seed: UInt64) {
        self.conversations = conversations
        random = Random(seed: seed)
    }

    /// Works until the conversations are over.
    mutating func run(_ group: inout SocketGroup) throws {
        var batch = Batch()
        while !conversations.isOver.load(ordering: .acquiring) {
            if !turn(&group, &batch) { _ = try group.wait(milliseconds: 100) }
        }
    }

    /// - Returns: whether there was anything to do.
    private mutating func turn(_ group: inout SocketGroup, _ batch: inout Batch) -> Bool {
        group.reclaim()
        group.refill()
        let received = group.receive(into: &batch)
        for position in 0..<received {
            let owner = conversations.owner(of: packet(batch[position], &group).conversation)
            if owner == group.worker {
                handle(batch[position], batch.socket(of: position), &group)
            } else {
                group.handOver(batch[position], socket: batch.socket(of: position), to: owner)
            }
        }
        let takenOver = group.receiveHandedOver(into: &batch)
        for position in 0..<takenOver { handle(batch[position], batch.socket(of: position), &group) }
        group.flush()
        return received + takenOver > 0
    }

    private mutating func handle(_ frame: Frame, _ socket: Int, _ group: inout SocketGroup) {
        conversations.handle(packet(frame, &group), by: group.worker)
        if Int.random(in: 0..<31, using: &random) == 0 {
            conversations.lost.wrappingAdd(1, ordering: .relaxed)
            group.release(frame)
        } else {
            let otherCard = socket < group.count / 2 ? group.count / 2..<group.count : 0..<group.count / 2
            group.transmit(frame, on: group.sockets(in: otherCard)[0])
        }
    }

    private func packet(_ frame: Frame, _ group: inout SocketGroup) -> NumberedPacket {
        let bytes = group.bytes(of: frame)
        return NumberedPacket(bytes.bytes)
    }
}
