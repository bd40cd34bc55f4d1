import BenchmarkSupport
import CSIPParsers
import Operations
import SIPMessages

/// An INVITE through the gateway, beside other programs' parsers, which read the same message and print it. All of them
/// treat the header section and the session description.
struct Messages {
    private static let count = 5_000
    let part: Part

    func measure() throws {
        guard let operation = Operation.all.first(where: { $0.name == "sip-invite" }) else { return }
        let gateway = try operation.prepare()
        let text = CallMessage.invite.text(
            MessageText.Values(address: "192.168.1.10", port: 20_000, media: 30_000, call: 0)
        ).bytes
        let message = text.map { CChar(bitPattern: $0) } + [0]
        var ways: [(name: String, run: () throws -> Double)] = [
            ("gateway", { Tables.time(4 * Messages.count) { _ = gateway(4 * Messages.count) } })
        ]
        for (name, parser) in [("libosip2", parsers_osip), ("sofia-sip", parsers_sofia)] {
            for (suffix, descriptions) in [("", Int32(1)), (", header section only", 0)] {
                ways.append(
                    (
                        name + suffix,
                        {
                            var octets = 0
                            let time = Tables.time(Messages.count) {
                                octets = parser(message, text.count, Messages.count, descriptions)
                            }
                            guard octets > 0 else { throw NotUnderstood(parser: name) }
                            return time
                        }
                    ))
            }
        }
        let turns = try Turns(part.isQuick ? 5 : 25, of: part, ways.map(\.run))
        let context = ["message": "INVITE of \(text.count) bytes, with SDP"]
        for (index, way) in ways.enumerated() {
            try part.measured(
                "INVITE read and written: \(way.name)", unit: "ns", turns.samples[index], context: context,
                goal: index == 0 ? .sipMessage : nil, series: "INVITE read and written: \(way.name)")
        }
        try part.measured(
            "INVITE, libosip2 to gateway", unit: "ratio", turns.ratios(1, to: 0), context: context, goal: .sipBesideOsip
        )
        try part.measured(
            "INVITE, sofia-sip to gateway", unit: "ratio", turns.ratios(3, to: 0), context: context,
            goal: .sipBesideSofia)
    }
}

/// A parser that does not understand the message.
struct NotUnderstood: Error, CustomStringConvertible {
    let parser: String

    var description: String { "\(parser) does not understand the message" }
}
