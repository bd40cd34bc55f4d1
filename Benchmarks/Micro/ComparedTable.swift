import CTable
import FlowTables
import WireFormats

/// A table that finds conversations by their ends: the gateway's, or the one in C. Every function does one operation for
/// each of the ends and returns a sum that says whether all did what they should.
protocol ComparedTable {
    func find(_ ends: [ctable_ends]) -> UInt64
    func insert(_ ends: [ctable_ends]) -> UInt64
    func remove(_ ends: [ctable_ends]) -> UInt64
    /// Removes and inserts each.
    func replace(_ ends: [ctable_ends]) -> UInt64
}

/// The gateway's.
final class SwiftTable: ComparedTable {
    private var index: FlowIndex

    init(capacity: Int, seed: UInt64) throws { index = try FlowIndex(capacity: capacity, seed: seed) }

    func find(_ ends: [ctable_ends]) -> UInt64 {
        var sum: UInt64 = 0
        for pair in ends { sum &+= index.find(pair.client, pair.server).map { UInt64($0) &+ 1 } ?? 0 }
        return sum
    }

    func insert(_ ends: [ctable_ends]) -> UInt64 {
        var sum: UInt64 = 0
        for (slot, pair) in ends.enumerated() where index.insert(pair.client, pair.server, slot: slot) { sum &+= 1 }
        return sum
    }

    func remove(_ ends: [ctable_ends]) -> UInt64 {
        let before = index.count
        for pair in ends { index.remove(pair.client, pair.server) }
        return UInt64(before - index.count)
    }

    func replace(_ ends: [ctable_ends]) -> UInt64 {
        var sum: UInt64 = 0
        for (slot, pair) in ends.enumerated() {
            index.remove(pair.client, pair.server)
            if index.insert(pair.client, pair.server, slot: slot) { sum &+= 2 }
        }
        return sum
    }
}

/// The one in C.
final class PeerTable: ComparedTable {
    private let table: OpaquePointer

    init?(capacity: Int, seed: UInt64) {
        guard let table = ctable_new(capacity, seed) else { return nil }
        self.table = table
    }

    deinit { ctable_free(table) }

    func find(_ ends: [ctable_ends]) -> UInt64 { ctable_find(table, ends, ends.count) }
    func insert(_ ends: [ctable_ends]) -> UInt64 { ctable_insert(table, ends, ends.count) }
    func remove(_ ends: [ctable_ends]) -> UInt64 { ctable_remove(table, ends, ends.count) }
    func replace(_ ends: [ctable_ends]) -> UInt64 { ctable_replace(table, ends, ends.count) }
}

extension ctable_ends {
    /// The ends of one of many conversations: every number makes another one.
    init(number: Int) {
        // Multiplying by an odd number loses nothing.
        let mixed = UInt64(number) &* 0x9e37_79b9_7f4a_7c15
        self.init(
            client_address: 0x0a00_0000 | UInt32(number >> 16), client_port: UInt16(truncatingIfNeeded: number),
            server_port: 21, server_address: UInt32(truncatingIfNeeded: mixed >> 40))
    }

    fileprivate var client: Endpoint { Endpoint(IPv4Address(client_address), client_port) }
    fileprivate var server: Endpoint { Endpoint(IPv4Address(server_address), server_port) }
}
