import FlowTables
import TestSupport
import Testing
import WireFormats

struct ReceiveScalingTests {
    @Test("The queue is the one that the Toeplitz hash finds in the indirection table", arguments: [true, false])
    func queue(hashesPorts: Bool) throws {
        var random = Random()
        let octets = (0..<52).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
        let key = try #require(ToeplitzKey(octets))
        let table = (0..<128).map { _ in UInt32.random(in: 0..<64, using: &random) }
        let scaling = try ReceiveScaling(key: key, indirection: table, hashesPorts: hashesPorts)
        for _ in 0..<2000 {
            let source = endpoint(&random)
            let destination = endpoint(&random)
            let addresses = (0..<4).map(source.address.octet) + (0..<4).map(destination.address.octet)
            let ports = [source.port, destination.port].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            let hash = key.hash(hashesPorts ? addresses + ports : addresses)
            let queue = scaling.queue(source: source, destination: destination)
            #expect(queue == Int(table[Int(hash % 128)]), "seed \(random.seed)")
        }
    }

    private func endpoint(_ random: inout Random) -> Endpoint {
        Endpoint(
            IPv4Address(UInt32.random(in: 0 ... .max, using: &random)), UInt16.random(in: 0 ... .max, using: &random))
    }
}
