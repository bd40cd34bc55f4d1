// A registered phone behind the gateway and another NAT, which forgets flows of UDP. In real life: a call ten minutes after
// the registration, 30 seconds, and a keep-alive every 25; here in the same order, and a fraction of it. The phone
// registers again after ten minutes only.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("Calls through a second NAT", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct SecondNATTests {
        /// A tenth of real life with SALLYPORT_CALLS=10000.
        private static let silence: UInt32 = SIPGatewayTests.calls >= 10_000 ? 60 : 12
        private static let forgetfulness = 3

        @Test("With keep-alives, a phone is called long after it has registered, hears and is heard")
        func kept() throws {
            try withPhones(keepalive: 1) { telephony, gateway in
                #expect(try telephony.bob.call(telephony.alice))
                #expect(try telephony.packets(heardBy: telephony.alice) >= 25)
                #expect(try telephony.packets(heardBy: telephony.bob) >= 25)
                #expect(try telephony.bob.hangUp(with: telephony.alice))
                let keepalives = try gateway.counters()["sipKeepalives", default: 0]
                #expect(keepalives >= Int(Self.silence) / 2)
            }
        }

        @Test("Without, it is not reached: the second NAT does forget")
        func forgotten() throws {
            try withPhones(keepalive: 3600) { telephony, gateway in
                let isReached = try telephony.bob.call(telephony.alice)
                #expect(!isReached)
                #expect(try gateway.counters()["sipKeepalives"] == 0)
            }
        }

        /// Both register, and after the silence `body` goes on; the registrar has heard one REGISTER of Alice's until then.
        private func withPhones(keepalive: Int, _ body: (Telephony, GatewayProcess) throws -> Void) throws {
            let topology = try Topology(middleBox: .init(forgetsAfter: Self.forgetfulness, translates: true))
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, sip: [.udp], sipSeconds: ["keepalive": keepalive]))
            let telephony = try Telephony(in: topology)
            #expect(telephony.alice.isRegistered() && telephony.bob.isRegistered())
            sleep(Self.silence)
            try body(telephony, gateway)
            let requests = try telephony.datagrams(telephony.alice).compactMap(\.message)
            #expect(requests.filter { $0.hasPrefix("REGISTER ") }.count == 1)
            try telephony.stop()
            try gateway.stop()
        }
    }
}
