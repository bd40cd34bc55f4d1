// When media end: with the call, or when nobody is there any more who could end it.

import Foundation
import Testing

@testable import Lab

extension LabTests {
    @Suite("The end of media", .enabled(if: GatewayUnderTest.choice != .kernelHelper))
    struct EndOfMediaTests {
        @Test("Media end within a second of BYE")
        func goodbye() throws {
            try duringCall { telephony, gateway in
                #expect(try telephony.bob.hangUp(with: telephony.alice))
                try expectEnd("callsEnded", after: 0...1, of: goodbye(in: telephony), gateway)
            }
        }

        @Test("Media end within a second of a BYE that nobody answers")
        func unanswered() throws {
            try duringCall { telephony, gateway in
                try telephony.alice.stop()
                _ = try telephony.bob.hangUp(with: telephony.alice, limit: 0)
                try expectEnd("callsEnded", after: 0.5...1, of: goodbye(in: telephony), gateway)
            }
        }

        @Test("A call whose BYE was lost ends when its media have been silent for long enough")
        func silence() throws {
            try duringCall(mediaSeconds: 10) { telephony, gateway in
                try telephony.alice.stop()
                try telephony.bob.stop()
                try expectEnd("callsLost", after: 9...14, of: Date(), gateway)
            }
        }

        private func duringCall(mediaSeconds: Int = 300, _ body: (Telephony, GatewayProcess) throws -> Void) throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try #require(
                try GatewayUnderTest.choice.start(on: topology, sip: [.udp], sipSeconds: ["media": mediaSeconds]))
            let telephony = try Telephony(in: topology)
            #expect(telephony.alice.isRegistered() && telephony.bob.isRegistered())
            #expect(try telephony.bob.call(telephony.alice))
            #expect(try telephony.packets(heardBy: telephony.alice) >= 25)
            #expect(try gateway.counters()["mediaClosed"] == 0)
            try body(telephony, gateway)
            try gateway.stop()
        }

        /// When the first BYE has left for the gateway.
        private func goodbye(in telephony: Telephony) throws -> Date {
            for _ in 0..<200 {
                let first = try telephony.datagrams(telephony.bob).first {
                    $0.destination.hasPrefix("\(Topology.publicAddress):") && $0.message?.hasPrefix("BYE ") == true
                }
                if let first { return Date(timeIntervalSince1970: Double(first.time) / 1e6) }
                usleep(5000)
            }
            throw LabError("nobody has said BYE")
        }

        /// Waits until all media have closed, and the counter says why. A reading that begins after the upper bound is late.
        private func expectEnd(
            _ reason: String, after seconds: ClosedRange<TimeInterval>, of moment: Date, _ gateway: GatewayProcess
        ) throws {
            var counters: [String: Int] = [:]
            var passed: TimeInterval = 0
            repeat {
                usleep(20_000)
                passed = Date().timeIntervalSince(moment)
                counters = try gateway.counters()
            } while counters["mediaOpened"] != counters["mediaClosed"] && passed < seconds.upperBound + 5
            #expect(counters["mediaOpened", default: 0] > 0 && counters["mediaOpened"] == counters["mediaClosed"])
            #expect(counters[reason] == 1)
            #expect(seconds.contains(passed), "\(passed)")
        }
    }
}
