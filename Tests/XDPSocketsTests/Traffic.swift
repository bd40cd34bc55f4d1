import XDPSockets

// What the tests do with a group: send numbered packets, forward, count.
extension SocketGroup {
    /// Transmits a packet with its number at byte 16; false when no frame is free or the ring is full.
    mutating func send(_ sequence: UInt64, length: Int, on socket: Int) -> Bool {
        guard var frame = allocate() else { return false }
        frame.length = UInt16(length)
        var bytes = bytes(of: frame)
        bytes.storeBytes(of: sequence, toByteOffset: 16, as: UInt64.self)
        return transmit(frame, on: socket)
    }

    /// Forwards `wanted` packets to the other cable, same queue, each with so many bytes more before and behind.
    /// - Returns: how many came, less than `wanted` when none came for two seconds.
    mutating func forward(_ wanted: Int, growing: UInt16) throws -> Int {
        var batch = Batch()
        var forwarded = 0
        while forwarded < wanted {
            reclaim()
            refill()
            guard try receive(into: &batch) > 0 || wait(milliseconds: 2000) else { break }
            for position in 0..<batch.count {
                var frame = batch[position]
                frame.start -= growing
                frame.length += 2 * growing
                transmit(frame, on: batch.socket(of: position) ^ 2)
            }
            forwarded += batch.count
            flush()
        }
        return forwarded
    }

    /// Receives `wanted` packets, unless none comes for two seconds, shows each, and releases it.
    mutating func receive(_ wanted: Int, _ body: (RawSpan, Int) -> Void) throws {
        var batch = Batch()
        var received = 0
        while received < wanted {
            reclaim()
            refill()
            guard try receive(into: &batch) > 0 || wait(milliseconds: 2000) else { return }
            for position in 0..<batch.count {
                let frame = batch[position]
                let packet = bytes(of: frame)
                body(packet.bytes, batch.socket(of: position))
                release(frame)
            }
            received += batch.count
        }
    }

    /// Receives and releases what there is, and at least so many unless none comes for two seconds.
    /// - Returns: how many there were.
    mutating func discard(atLeast wanted: Int = 0) throws -> Int {
        var batch = Batch()
        var discarded = 0
        reclaim()
        repeat {
            while receive(into: &batch) > 0 {
                for position in 0..<batch.count { release(batch[position]) }
                discarded += batch.count
            }
        } while try discarded < wanted && wait(milliseconds: 2000)
        refill()
        return discarded
    }

    /// Waits, at most five seconds, until nothing is in transmission and nothing arrives.
    mutating func settle() throws -> FrameAccounting {
        // No event tells of a completion, so that this has to look again.
        for _ in 0..<500 {
            flush()
            let arrived = try discard()
            if arrived == 0 && accounting.transmitting == 0 { break }
            _ = try wait(milliseconds: 10)
        }
        return accounting
    }

    /// A turn that drops whatever there is.
    mutating func turnOff() throws {
        flush()
        _ = try discard()
        var batch = Batch()
        while receiveHandedOver(into: &batch) > 0 {
            for position in 0..<batch.count { release(batch[position]) }
        }
        flush()
    }

    func kernelStatistics() throws -> [SocketStatistics] {
        var statistics: [SocketStatistics] = []
        for socket in 0..<count { statistics.append(try SocketStatistics(descriptor: descriptor(of: socket))) }
        return statistics
    }
}

extension SocketCounters {
    static func + (one: SocketCounters, other: SocketCounters) -> SocketCounters {
        var sum = one
        sum.received += other.received
        sum.transmitted += other.transmitted
        sum.completed += other.completed
        sum.dropTransmitRingFull += other.dropTransmitRingFull
        sum.fillStarved += other.fillStarved
        sum.kicks += other.kicks
        sum.kicksStalled += other.kicksStalled
        sum.kicksRefused += other.kicksRefused
        return sum
    }
}
