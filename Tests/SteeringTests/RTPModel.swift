import CSteering

/// An RTP packet, as far as its place in a stream goes (RFC 3550 section 5.1).
struct RTP: Sendable {
    var sequence: UInt16
    var timestamp: UInt32 = 0
    var source: UInt32 = 0x1234_5678
    /// With the marker bit above it.
    var payloadType: UInt8 = 8

    /// The payload of UDP: the fixed header and four bytes.
    var bytes: [UInt8] {
        let header = [0x80, payloadType] + big(sequence)
        return header + big(UInt16(timestamp >> 16)) + big(UInt16(truncatingIfNeeded: timestamp))
            + big(UInt16(source >> 16)) + big(UInt16(truncatingIfNeeded: source)) + [1, 2, 3, 4]
    }
}

/// A receiver's view of an RTP stream: RFC 3550 A.1 as it is printed there, without probation, because the signalling
/// has announced the source; and around it, the gaps as sets of sequence numbers.
struct RTPModel {
    var packets: UInt32 = 0
    var lost: UInt32 { UInt32(missing.count) + lostBefore }
    var duplicates: UInt32 = 0
    var reordered: UInt32 = 0
    var late: UInt32 = 0
    var strays: UInt32 = 0
    var restarts: UInt32 = 0
    var payloadType: UInt8 = 0
    var highest: UInt32 { cycles + UInt32(maxSequence) }
    var source: UInt32?

    private var maxSequence: UInt16 = 0
    private var cycles: UInt32 = 0
    private var badSequence: UInt32 = 0
    /// Extended sequence numbers since the sequence began; those before its first packet are negative if need be.
    private var seen: Set<Int64> = []
    private var missing: Set<Int64> = []
    /// What is still missing of sequences that have ended.
    private var lostBefore: UInt32 = 0

    private static let modulus: UInt32 = 1 << 16

    mutating func receive(_ packet: RTP) {
        packets += 1
        if packet.source != source {
            if source != nil { restarts += 1 }
            source = packet.source
            initSequence(packet.sequence)
        } else if !updateSequence(packet.sequence) {
            strays += 1
            return
        }
        payloadType = packet.payloadType & 0x7f
    }

    private mutating func initSequence(_ sequence: UInt16) {
        maxSequence = sequence
        badSequence = Self.modulus + 1
        cycles = 0
        lostBefore += UInt32(missing.count)
        missing = []
        seen = [Int64(sequence)]
    }

    private mutating func updateSequence(_ sequence: UInt16) -> Bool {
        let (maxDropout, maxMisorder): (UInt32, UInt32) = (3000, 100)
        let delta = UInt32(sequence &- maxSequence)
        if delta == 0 {
            duplicates += 1
        } else if delta < maxDropout {
            let before = highest
            if sequence < maxSequence { cycles += Self.modulus }
            maxSequence = sequence
            missing.formUnion(Int64(before) + 1..<Int64(highest))
            seen.insert(Int64(highest))
        } else if delta <= Self.modulus - maxMisorder {
            guard UInt32(sequence) == badSequence else {
                badSequence = (UInt32(sequence) + 1) & (Self.modulus - 1)
                return false
            }
            initSequence(sequence)
            restarts += 1
        } else {
            lookBack(Int64(highest) - Int64(Self.modulus - delta))
        }
        return true
    }

    /// 64 sequence numbers are remembered, the highest among them.
    private mutating func lookBack(_ extended: Int64) {
        if Int64(highest) - extended >= 64 {
            late += 1
        } else if seen.contains(extended) {
            duplicates += 1
        } else {
            seen.insert(extended)
            missing.remove(extended)
            reordered += 1
        }
    }
}

/// What the program and the model must agree on.
struct StreamFigures: Equatable, Sendable {
    var packets: UInt32 = 0
    var lost: UInt32 = 0
    var duplicates: UInt32 = 0
    var reordered: UInt32 = 0
    var late: UInt32 = 0
    var strays: UInt32 = 0
    var restarts: UInt32 = 0
    var highest: UInt32 = 0
    var source: UInt32 = 0
    var payloadType: UInt8 = 0
}

extension StreamFigures {
    init(_ model: RTPModel) {
        self.init(
            packets: model.packets, lost: model.lost, duplicates: model.duplicates, reordered: model.reordered,
            late: model.late, strays: model.strays, restarts: model.restarts, highest: model.highest,
            source: model.source ?? 0, payloadType: model.payloadType)
    }

    init(_ stream: steering_stream) {
        self.init(
            packets: stream.packets, lost: stream.lost, duplicates: stream.duplicates, reordered: stream.reordered,
            late: stream.late, strays: stream.strays, restarts: stream.restarts, highest: stream.highest,
            source: stream.ssrc, payloadType: stream.payload_type)
    }
}
