import Rewriting
import TestSupport
import Testing
import WireFormats

/// Random calls, many at once, with datagrams repeated at random.
@Suite struct SIPPropertyTests {
    @Test(
        "flows are open if and only if the model says so; what is repeated arrives as before; nothing is left at the end",
        arguments: 0..<1500)
    func calls(number: Int) {
        let seed = UInt64(number) &* 0x9e37_79b9 &+ 1
        var random = Random(seed: seed)
        let bench = SIPBench(seed: seed)
        let free = bench.gateway.freeMediaPorts
        bench.talks = true
        var calls = (0..<random.number(1...6)).map { SIPRandomCall(bench, number: $0, seed: random.next()) }
        let all = calls
        while !calls.isEmpty {
            let index = calls.firstIndex(where: \.isEnding) ?? random.number(0...calls.count - 1)
            if !calls[index].step() { calls.remove(at: index) }
            guard check(bench, all, seed) else { return }
            for port in bench.listening.sorted() where random.once(in: 4) {
                let host = random.one(of: ["198.51.100.9", "198.51.100.9", "192.0.2.66"])
                bench.connect(from: "\(host):\(random.number(1024...1030))", to: Endpoint(SIPBench.publicAddress, port))
            }
            if random.once(in: 4), !calls.contains(where: \.isEnding) { bench.wait(random.chance(0.9) ? 0.4 : 20) }
        }
        bench.wait(40)
        guard check(bench, all, seed) else { return }
        bench.wait(300)
        bench.expectNothingLeft(ports: free)
        #expect(bench.gateway.counts.bindings == 0 && bench.ports.isEmpty)
    }

    private func check(_ bench: SIPBench, _ calls: [SIPRandomCall], _ seed: UInt64) -> Bool {
        var expected: Set<String> = []
        for call in calls {
            guard let flows = call.expected else { return true }
            expected.formUnion(flows)
        }
        let (missing, extra) = (expected.subtracting(bench.pairs), bench.pairs.subtracting(expected))
        #expect(missing.isEmpty && extra.isEmpty, "seed \(seed): missing \(missing.sorted()), extra \(extra.sorted())")
        return missing.isEmpty && extra.isEmpty
    }
}
