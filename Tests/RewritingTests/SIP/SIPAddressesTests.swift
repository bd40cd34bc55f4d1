import Rewriting
import Testing
import WireFormats

/// Several public addresses: XDP steers a port for all of them, as long as it stands for something on any.
@Suite struct SIPAddressesTests {
    /// Two ports for signalling, and a pair for media, on each of two addresses.
    private let bench = SIPBench(
        addresses: [SIPBench.publicAddress, IPv4Address(203, 0, 113, 8)], ports: 40000...40003)

    /// A phone and its public endpoint.
    private struct Bound {
        let phone: Endpoint
        let translated: Endpoint
    }

    /// Phones that have taken all ports for signalling: one, and another that has the same port on the other address.
    private func twins() throws -> (Bound, Bound) {
        let phones = (10..<40).map { Endpoint("192.168.1.\($0):5060")! }
        let bound = phones.compactMap { phone in
            bench.send("\r\n\r\n", from: phone, to: SIPBench.server).first.map {
                Bound(phone: phone, translated: $0.source)
            }
        }
        #expect(Set(bound.map(\.translated)).count == 4)
        let other = bound.first {
            $0.translated.port == bound[0].translated.port && $0.translated.address != bound[0].translated.address
        }
        return (bound[0], try #require(other))
    }

    @Test func `the binding of one phone ends, and the other with the same port still hears everybody`() throws {
        let (first, second) = try twins()
        let lifetime = Double(SIPSettings().binding) / 1e9
        bench.wait(lifetime / 2)
        bench.send("\r\n\r\n", from: first.phone, to: SIPBench.server)
        bench.wait(lifetime * 0.75)
        #expect(bench.ports == [first.translated.port])
        let stranger = Endpoint("198.51.100.77:7000")!
        let request = SIPDialogue(bench).request("OPTIONS", from: .outside).text
        #expect(bench.send(request, from: stranger, to: first.translated).first?.destination == first.phone)
        #expect(bench.send(request, from: stranger, to: second.translated).isEmpty)
        #expect(bench.count(.dropSIPUnknown) == 1)
        bench.wait(lifetime * 2)
        #expect(bench.ports.isEmpty)
    }

    @Test func `a call ends, and the media of the other with the same port are still awaited (RFC 7362)`() throws {
        let (first, second) = try twins()
        let calls = [first, second].map { SIPDialogue(bench, callID: "\($0.translated)", inside: $0.phone) }
        for (call, end) in zip(calls, [first, second]) {
            call.ask("INVITE", from: .inside, body: sdp("\(end.phone.address)", 30000))
            call.answer(200, to: "INVITE", from: .outside, body: sdp("10.9.9.9", 20000))
            #expect(bench.expected == [40002, 40003])
        }
        for (call, expected) in zip(calls, [[40002, 40003], []] as [Set<UInt16>]) {
            call.ask("BYE", from: .inside)
            call.answer(200, to: "BYE", from: .outside)
            bench.wait(2)
            #expect(bench.expected == expected)
        }
    }

    @Test func `a phone's connection ends, and another's with the same port can still be reached`() throws {
        let (addresses, ports) = (
            [SIPBench.publicAddress, IPv4Address(203, 0, 113, 8)], 40000...40003 as ClosedRange<UInt16>
        )
        let sip = try SIPGateway(
            .init(bindings: 16, registrations: 4, calls: 4, media: 4), addresses: addresses, ports: ports,
            settings: SIPSettings(), table: PublicEndpoints.Table(addresses, ports), seed: 7, now: SIPBench.second)
        let gateway = try Gateway(
            .init(conversations: 16, data: 1), addresses: addresses, ports: ports, services: [], settings: Settings(),
            seed: 7, now: SIPBench.second, sipServices: [5060], sip: sip)
        let bench = Bench(gateway, from: Endpoint("10.0.0.5:40001")!, to: 5060)
        let server = bench.server
        var open: [(client: Bench.End, server: Bench.End, translated: Endpoint)] = []
        // Until there are two of the same port on both addresses.
        for host in 5..<30 where Set(open.map(\.translated.port)).count == open.count {
            bench.client = Bench.End(endpoint: Endpoint("10.0.0.\(host):40001")!, next: 1_000)
            bench.server = server
            bench.connect()
            open.append((bench.client, bench.server, bench.translated))
        }
        let port = try #require(open.last).translated.port
        let twins = open.filter { $0.translated.port == port }
        #expect(twins.count == 2 && twins[0].translated != twins[1].translated)
        for (twin, isLeft) in zip(twins, [true, false]) {
            (bench.client, bench.server, bench.translated) = twin
            bench.send(bench.segment(.inside, flags: .rst))
            bench.wait(250)
            #expect(bench.listening.contains(port) == isLeft)
        }
    }
}
