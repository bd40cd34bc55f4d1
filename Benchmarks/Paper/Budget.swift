import BenchmarkSupport
import Foundation

/// What links of several speeds need of a processor, from what a report measured.
///
/// A packet of a flow costs what the driver takes to receive it and send it by another card, a published figure, and
/// what the gateway's program takes above an empty one, a measured figure.
struct Budget {
    /// Receiving and sending a packet from card to card in XDP, in ns: 8.65 million packets a second on a core of
    /// 3.6 GHz (Høiland-Jørgensen et al., The eXpress Data Path, CoNEXT 2018, table of redirects).
    static let driver = 1e9 / 8.65e6
    /// Bytes of a frame on the wire, preamble and gap included: 200 bytes of IP, and 1500.
    private static let (mediaFrame, fileFrame) = (238.0, 1538.0)
    /// In Gbit/s.
    private static let links = [10.0, 25, 40, 100]

    private let machine: Machine
    private let days: [String]
    /// In ns: a hit in the flow table with few flows, and with a million; other traffic; an FTP command and its reply; a SIP
    /// message.
    private let flow, coldFlow, other, command, message: Double?

    /// From the texts of report.json, one or more, of one machine.
    init(_ texts: [Data]) throws {
        struct Report: Decodable {
            struct Run: Decodable { let measurements: [Figure] }
            let day: String
            let machine: Machine
            let runs: [Run]
        }
        let reports = try texts.map { try JSONDecoder().decode(Report.self, from: $0) }
        let figures = reports.map { $0.runs.flatMap(\.measurements) }
        func worst(_ goal: Goal) -> Double? {
            figures.lazy.compactMap { $0.filter { $0.goal == goal }.map(\.samples.median).max() }.first
        }
        machine = reports[0].machine
        days = Set(reports.map(\.day)).sorted()
        flow = worst(.flowHot)
        let growth = worst(.flowGrowth)
        coldFlow = flow.flatMap { flow in growth.map { flow * $0 } }
        other = worst(.prefilter)
        func cost(_ name: String) -> Double? { figures.joined().first { $0.name == name }?.samples.median }
        command = cost("FTP command, the gateway's own cost")
        message = cost("SIP message, own cost, gateway")
    }

    /// The costs and the tables.
    var markdown: String {
        ([costs] + [media, files, control].compactMap { $0 }).joined(separator: "\n\n")
    }

    private var costs: String {
        let rows: [(String, Double?)] = [
            ("driver: receive, send by another card (published, above)", Budget.driver),
            ("XDP program: hit in the flow table, translated, few flows", flow),
            ("XDP program: the same with a million flows", coldFlow),
            ("XDP program: what other traffic pays", other),
            ("worker: an FTP command and its reply, through sockets in copy mode", command),
            ("worker: a SIP message, through sockets in copy mode, its call's media included", message),
        ]
        return "Measured on \(days.joined(separator: ", ")): "
            + "\(machine.processor), \(machine.processors) processors, \(machine.kernel).\n\n"
            + table(["cost of", "ns"], rows.map { [$0, $1.map { $0.formatted(digits: 2) } ?? "not measured"] })
    }

    /// Packets of `bytes` on the wire that fill one direction of a link, a second.
    private func packets(_ link: Double, _ bytes: Double) -> Double { link * 1e9 / 8 / bytes }

    private func cores(_ packets: Double, _ cost: Double) -> String {
        (packets * (Budget.driver + cost) / 1e9).formatted(digits: 2)
    }

    private var media: String? {
        guard let flow, let coldFlow else { return nil }
        let rows = Budget.links.map { link in
            let each = packets(link, Budget.mediaFrame)
            return [
                "\(Int(link))", (each / 1e6).formatted(digits: 3), Int(each / 50).formatted(.number),
                (1e9 / each / 2).formatted(digits: 2), cores(2 * each, flow), cores(2 * each, coldFlow),
            ]
        }
        return "**G.711 media**, both directions full, 20 ms a packet:\n\n"
            + table(
                [
                    "Gbit/s", "Mpps each way", "calls", "ns for a packet on one core", "cores, few flows",
                    "cores, a million flows",
                ], rows)
    }

    private var files: String? {
        guard let flow, let coldFlow else { return nil }
        let rows = Budget.links.map { link in
            // An acknowledgement for every other segment comes back.
            let all = 1.5 * packets(link, Budget.fileFrame)
            return [
                "\(Int(link))", (all / 1e6).formatted(digits: 3), (1e9 / all).formatted(digits: 2), cores(all, flow),
                cores(all, coldFlow),
            ]
        }
        return "**FTP data**, one direction full of 1500-byte packets, acknowledgements back:\n\n"
            + table(
                [
                    "Gbit/s", "Mpps in all", "ns for a packet on one core", "cores, few flows",
                    "cores, a million flows",
                ], rows)
    }

    private var control: String? {
        guard let command, let message else { return nil }
        let rows = Budget.links.map { link in
            let transfers = packets(link, Budget.fileFrame) * 1460 / 1e6
            let calls = packets(link, Budget.mediaFrame) / 50 / 120
            func share(_ messages: Double, _ cost: Double) -> String { (messages * cost / 1e9).formatted(digits: 2) }
            return [
                "\(Int(link))", (4 * transfers).formatted(digits: 2), share(4 * transfers, command),
                (10 * calls).formatted(digits: 2), share(10 * calls, message),
            ]
        }
        return """
            **Control.** FTP: files of 1 MB, four commands each. SIP: calls of two minutes on a link full of media, ten
            messages each:

            """ + "\n"
                + table(["Gbit/s", "FTP commands/s", "cores", "SIP messages/s", "cores"], rows)
    }

    private func table(_ columns: [String], _ rows: [[String]]) -> String {
        ([columns, columns.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
