import CXDP
import XDPSockets

/// The worker's loop, with the least that there can be to do for a packet: swap its Ethernet addresses.
struct ForwardingWorker: ~Copyable {
    private var group: SocketGroup
    private let stop: Stop
    private let handsOver: Bool
    private var batch = Batch()

    init(_ group: consuming SocketGroup, handsOver: Bool, stop: Stop) {
        self.group = group
        self.handsOver = handsOver
        self.stop = stop
    }

    /// Which one it is.
    var number: Int { group.worker }

    /// Works until it is to stop.
    mutating func run() throws -> Tally {
        while !stop.isOver {
            if !turn() { _ = try group.wait(milliseconds: 100) }
        }
        return try Tally(group)
    }

    /// Whether there was anything to do.
    private mutating func turn() -> Bool {
        group.reclaim()
        group.refill()
        let received = group.receive(into: &batch)
        if handsOver {
            let next = group.worker + 1 == group.workers ? 0 : group.worker + 1
            for position in 0..<received {
                group.handOver(batch[position], socket: batch.socket(of: position), to: next)
            }
        } else {
            send(received)
        }
        let takenOver = group.receiveHandedOver(into: &batch)
        send(takenOver)
        group.flush()
        return received + takenOver > 0
    }

    private mutating func send(_ count: Int) {
        for position in 0..<count {
            let frame = batch[position]
            swapAddresses(frame)
            // The own pair's interface that is not on the side by which it came.
            group.transmit(frame, on: 2 * group.worker + 1 - batch.socket(of: position) % 2)
        }
    }

    private mutating func swapAddresses(_ frame: Frame) {
        var bytes = group.bytes(of: frame)
        let (high, low) = (bytes.bytes.number(at: 0, UInt64.self), bytes.bytes.number(at: 8, UInt32.self))
        // Octets 0 to 5 and 6 to 11, as the processor reads them: the lowest first.
        let target = high & 0xffff_ffff_ffff
        let source = high >> 48 | UInt64(low) << 16
        bytes.storeBytes(of: source | target << 48, toByteOffset: 0, as: UInt64.self)
        bytes.storeBytes(of: UInt32(truncatingIfNeeded: target >> 16), toByteOffset: 8, as: UInt32.self)
    }
}

extension RawSpan {
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, _: Number.Type) -> Number {
        unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
