import CSteering
import Testing

/// Every row of every table: the verdict, its one counter, and the frame, whose checksums the table computes anew.
@Suite("Packet table", .enabled(if: isRoot, "needs root"))
struct PacketTableTests {
    static let tables = [passRows, serviceRows, flowRows, pinholeRows, errorRows]

    @Test(arguments: ["pass", "service", "flow", "pinhole", "error"])
    func `a packet has the verdict, the counter and the bytes that its row says`(table: String) async throws {
        let names = ["pass", "service", "flow", "pinhole", "error"]
        let rows = Self.tables[try #require(names.firstIndex(of: table))]
        for outcome in try await outcomes(of: rows) {
            let row = outcome.row
            #expect(outcome.counters == [row.counter: 1], "\(row.name)")
            #expect(outcome.action == row.action, "\(row.name)")
            #expect(outcome.frame == row.leaves ?? row.frame, "\(row.name)")
        }
    }

    /// A frame without room for a VLAN tag does not come out of a test run, which leaves 216 bytes before it; and a rate is
    /// not exceeded by one packet (`MediaTests`).
    @Test func `every counter but drop_room and drop_rate has a row`() {
        let counters = (0..<STEERING_COUNTER_COUNT.rawValue).map { String(cString: steering_counter_name($0)) }
        let rows = Set(Self.tables.joined().map(\.counter))
        #expect(Set(counters).subtracting(rows) == ["drop_rate", "drop_room"])
    }
}
