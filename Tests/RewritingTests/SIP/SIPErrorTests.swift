import Rewriting
import Testing
import WireFormats

/// ICMP errors about SIP over UDP (RFC 5508 section 4.2): they reach the end whose datagram it was, in its own terms.
@Suite struct SIPErrorTests {
    private static let router = IPv4Address(192, 0, 2, 1)
    private let bench = SIPBench()

    /// What becomes of an error, as a frame; nil when it is about nothing that is known.
    private func translated(_ error: [UInt8], from side: Side) -> [UInt8]? {
        guard let result = bench.gateway.translate(errorIn: error.span.bytes, from: side) else { return nil }
        var frame = [UInt8](repeating: 0, count: 12) + [0x08, 0] + [UInt8](repeating: 0, count: 100)
        var span = frame.mutableSpan
        var bytes = span.mutableBytes
        let length = result.write(error.span.bytes, into: &bytes, at: 14)
        return Array(frame.prefix(14 + length))
    }

    /// The same error one hop further.
    private func hop(_ error: [UInt8]) -> [UInt8] {
        var error = error
        error[22] -= 1
        (error[24], error[25]) = (0, 0)
        put(~onesSum(error, 14..<34), into: &error, at: 24)
        return error
    }

    @Test func `from outside, about what a phone has sent: it sees its own datagram`() throws {
        let sent = try #require(bench.send("\r\n\r\n", from: SIPBench.phone, to: SIPBench.server).first)
        let left = SIPBench.frame(sent.data, from: sent.source, to: sent.destination)
        let original = SIPBench.frame(sent.data, from: SIPBench.phone, to: SIPBench.server)
        let error = ErrorTests.error(about: left, from: Self.router, code: 3, mtu: 0)
        #expect(
            translated(error, from: .outside)
                == hop(ErrorTests.error(about: original, from: Self.router, code: 3, mtu: 0)))
        guard case .port(sent.source.port)? = bench.gateway.owner(ofErrorIn: error.span.bytes, from: .outside) else {
            Issue.record("it belongs to the worker of the public port")
            return
        }
    }

    @Test func `from inside, about what a phone was sent: the sender sees the public endpoint alone`() throws {
        let call = SIPDialogue(bench)
        call.ask("OPTIONS", from: .outside)
        let arrival = try #require(call.lastArrivals.first)
        let left = SIPBench.frame(arrival.data, from: SIPBench.server, to: SIPBench.phone)
        let original = SIPBench.frame(arrival.data, from: SIPBench.server, to: call.translated)
        let error = ErrorTests.error(about: left, from: SIPBench.phone.address, code: 3, mtu: 0)
        let expected = ErrorTests.error(about: original, from: SIPBench.publicAddress, code: 3, mtu: 0)
        #expect(translated(error, from: .inside) == hop(expected))
        guard case .host(SIPBench.phone.address)? = bench.gateway.owner(ofErrorIn: error.span.bytes, from: .inside)
        else {
            Issue.record("it belongs to the worker of the phone")
            return
        }
    }

    @Test func `about nothing that was sent, or corrupt: it goes nowhere`() {
        let mapped = bench.translated(SIPBench.phone)
        let stranger = Endpoint("198.51.100.77:5060")!
        for (source, destination) in [(mapped, stranger), (Endpoint(mapped.address, mapped.port ^ 1), SIPBench.server)]
        {
            let frame = SIPBench.frame([1], from: source, to: destination)
            #expect(translated(ErrorTests.error(about: frame, from: Self.router, mtu: 0), from: .outside) == nil)
        }
        let frame = SIPBench.frame([1], from: SIPBench.server, to: SIPBench.otherPhone)
        #expect(translated(ErrorTests.error(about: frame, from: Self.router, mtu: 0), from: .inside) == nil)
        var corrupt = ErrorTests.error(
            about: SIPBench.frame([1], from: mapped, to: SIPBench.server), from: Self.router, mtu: 0)
        #expect(translated(corrupt, from: .outside) != nil)
        corrupt[50] ^= 1
        #expect(translated(corrupt, from: .outside) == nil)
    }
}
