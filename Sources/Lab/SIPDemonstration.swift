// `sallyport lab sip`: what calls through a NAT router are like without a gateway and with one, with real programs.

import Foundation

/// The demonstration of SIP: Kamailio outside, baresip on both sides, the same calls without and with the gateway.
public struct SIPDemonstration {
    /// One thing that works or does not, with what was observed of it.
    private struct Result {
        let title: String
        let works: Bool
        let remark: String
    }

    /// What happened, what was seen of it at both ends, and the gateway's counters.
    private struct Account {
        var results: [Result] = []
        var inside: [Datagram] = []
        var outside: [Datagram] = []
        var counters: [String: Int]?
    }

    private let gateway: Gateway
    private let page: Page

    /// Runs it from beginning to end and removes everything that it made.
    ///
    /// - Parameters:
    ///   - gateway: what is shown; usually this very executable.
    ///   - page: where the account goes.
    /// - Returns: whether everything was as it should be: with the gateway everything works, and without it Alice does
    ///   not hear Bob, and he does not reach her.
    /// - Throws: `LabError` where something is missing or does not start.
    public static func run(gateway: Gateway, page: Page) throws -> Bool {
        let missing = Programs.missing(["ip", "ethtool", "nft", "tcpdump"])
        guard missing.isEmpty else {
            throw LabError(
                "the demonstration needs \(missing.joined(separator: ", ")): run tools/install-packages demo")
        }
        return try SIPDemonstration(gateway: gateway, page: page).show()
    }

    private func show() throws -> Bool {
        page.title("Calls through a NAT router, without and with a gateway")
        page.text(
            "Alice's phone on \(Topology.insideAddress), Bob's on \(Telephony.bobsAddress), both baresip, and Kamailio "
                + "as their provider;\nthe router between them has the public address "
                + "\(Topology.publicAddress), masquerades, and lets nothing in that was not asked for.")

        page.title("1. The router alone")
        let before = try perform(with: nil)

        page.title("2. The same with the gateway")
        let after = try perform(with: gateway)

        page.title("3. What the gateway rewrote")
        showRewriting(after)
        if let counters = after.counters {
            page.title("4. Which path the packets took")
            PathTable(forwarded: "the sound", steered: "the signalling").show(counters, on: page)
        }
        page.title("5. What the callers noticed")
        page.table(
            [["", "without", "with"]]
                + zip(before.results, after.results).map { [$0.title, verdict($0), verdict($1)] })
        // The two that NAT forbids: the others depend on them.
        let hopeless = before.results.filter { [Words.fromBob, Words.toAlice].contains($0.title) }
        return after.results.allSatisfy(\.works) && hopeless.allSatisfy { !$0.works }
    }

    private enum Words {
        static let registration = "registration"
        static let fromAlice = "call from inside"
        static let fromBob = "call from outside"
        static let toAlice = "  sound to the inside"
        static let toBob = "  sound to the outside"
    }

    /// Everything once, in a network of its own: what the router's kernel remembers of one must not meet the other.
    private func perform(with gateway: Gateway?) throws -> Account {
        let topology = try Topology()
        defer { topology.remove() }
        let running = try gateway?.start(on: topology, sip: [.udp])
        let telephony = try Telephony(in: topology)
        let (alice, bob) = (telephony.alice, telephony.bob)
        var account = Account()
        let areRegistered = alice.isRegistered() && bob.isRegistered()
        note(&account, Words.registration, areRegistered, areRegistered ? "200 OK" : "no answer")
        try call(Words.fromAlice, from: alice, to: bob, telephony, &account)
        try call(Words.fromBob, from: bob, to: alice, telephony, &account)
        account.inside = try telephony.datagrams(alice)
        account.outside = try telephony.datagrams(bob)
        account.counters = try running?.counters()
        try telephony.stop()
        try running?.stop()
        return account
    }

    /// One call: sound both ways, hold and resume by the caller, and the other one hangs up.
    private func call(
        _ title: String, from caller: Phone, to other: Phone, _ telephony: Telephony, _ account: inout Account
    ) throws {
        let isEstablished = try caller.call(other)
        note(&account, title, isEstablished, isEstablished ? "answered" : caller.lastReason ?? "no answer")
        func hear() throws -> [Int] {
            try isEstablished ? [telephony.alice, telephony.bob].map { try telephony.packets(heardBy: $0) } : [0, 0]
        }
        let heard = try hear()
        note(&account, Words.toAlice, heard[0] >= 25, "\(heard[0]) packets with Bob's note")
        note(&account, Words.toBob, heard[1] >= 25, "\(heard[1]) packets with Alice's note")

        let isHeld = try isEstablished && caller.hold(true, with: other) && telephony.isSilent()
        note(&account, "  hold", isHeld, isHeld ? "silence" : "not agreed")
        let isResumed = try isHeld && caller.hold(false, with: other)
        let again = try isResumed ? hear() : [0, 0]
        note(
            &account, "  resume", again.allSatisfy { $0 >= 25 },
            isResumed ? "\(again[0]) packets to the inside, \(again[1]) to the outside" : "not agreed")

        let hasEnded = try isEstablished && other.hangUp(with: caller)
        note(&account, "  hang-up by the other", hasEnded, hasEnded ? "noticed" : "not noticed")
        if isEstablished && !hasEnded { _ = try caller.hangUp(with: other, limit: 1) }
    }

    private func note(_ account: inout Account, _ title: String, _ works: Bool, _ remark: String) {
        let result = Result(title: title, works: works, remark: remark)
        account.results.append(result)
        page.table([[title.padding(toLength: 24, withPad: " ", startingAt: 0), verdict(result), remark]])
    }

    private func verdict(_ result: Result) -> String {
        result.works ? page.good("works") : page.bad("fails")
    }

    /// The lines of Alice's first REGISTER and INVITE, and of her first answer to an INVITE, that are not the same on
    /// both sides.
    private func showRewriting(_ account: Account) {
        let rows = ["REGISTER", "INVITE", "SIP/2.0 200 Answering"].flatMap { beginning -> [[String]] in
            guard let said = message(beginning, in: account.inside), let heard = message(beginning, in: account.outside)
            else { return [] }
            return zip(lines(said), lines(heard)).filter { $0 != $1 }.map { [$0, $1] }
        }
        page.table([["the inside phone said", "the outside heard"]] + rows)
    }

    /// The first such message that comes from the inside.
    private func message(_ beginning: String, in datagrams: [Datagram]) -> String? {
        let own = [Topology.insideAddress, Topology.publicAddress].map { "\($0):" }
        return datagrams.lazy.filter { datagram in own.contains { datagram.source.hasPrefix($0) } }.compactMap(
            \.message
        ).first { $0.hasPrefix(beginning) }
    }

    private func lines(_ message: String) -> [String] {
        message.split(whereSeparator: \.isNewline).map(String.init)
    }
}
