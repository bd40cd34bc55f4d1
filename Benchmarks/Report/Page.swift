import BenchmarkSupport

/// The report as Markdown.
struct Page {
    let report: Report
    let charts: [Chart]

    var markdown: String {
        ([title, machine, goals, parts] + report.runs.filter { !$0.measurements.isEmpty }.map(section))
            .joined(separator: "\n\n") + "\n"
    }

    private var title: String {
        """
        # Benchmark report of \(report.day)\(report.isQuick ? ", quick" : "")

        Written by `make \(report.isQuick ? "bench-quick" : "bench")`. Contestants took turns; figures are medians, with
        the smallest and the largest sample beside them. Links are virtual (veth) and everything shares one machine: the
        ratios say something about the gateway, the rates say little about a network card.
        """
    }

    private var machine: String {
        let machine = report.machine
        let build = machine.isOptimised ? "" : "\n\n**Built without optimisation: the figures say nothing.**"
        return """
            ## Machine

            \(machine.processor), \(machine.processors) processors, \(machine.memory.formatted(digits: 2)) GiB; \
            \(machine.kernel); \(machine.system).\(build)
            """
    }

    private var goals: String {
        let rows = report.goals.map { goal in
            [
                goal.text, goal.wanted, goal.figure.map { $0.formatted(digits: 3) } ?? "",
                goal.spread ?? "", goal.verdict == "not reached" ? "**not reached**" : goal.verdict,
            ]
        }
        return "## What is to be reached\n\n" + table(["goal", "wanted", "median", "spread", ""], rows)
            + "\n\nWhat no figure can show, tests do: conversations that land on the wrong queue (`make test`), and "
            + "real\ndrivers (`make test-nic`)."
    }

    private var parts: String {
        let rows = report.runs.map { run in
            [run.name, run.outcome, "\(Int(run.seconds.rounded()))", run.steal.formatted(digits: 2)]
        }
        return "## Parts\n\n" + table(["part", "outcome", "seconds", "steal, %"], rows)
    }

    private func section(_ run: PartRun) -> String {
        let common = run.measurements.dropFirst().reduce(run.measurements[0].context) { common, measurement in
            common.filter { measurement.context[$0.key] == $0.value }
        }
        let rows = run.measurements.map { measurement in
            [
                measurement.name, measurement.samples.median.formatted(digits: 3), measurement.unit,
                measurement.samples.spread, "\(measurement.samples.count)",
                list(measurement.context.filter { common[$0.key] == nil }),
            ]
        }
        let pictures = charts.filter { $0.part == run.name }.map { "![\($0.title)](\($0.file))" }
        let everywhere = common.isEmpty ? [] : ["With \(list(common))."]
        let columns = ["measurement", "median", "unit", "spread", "samples", "with"]
        return (["## \(run.name)"] + everywhere + [table(columns, rows)] + pictures).joined(separator: "\n\n")
    }

    private func list(_ context: [String: String]) -> String {
        context.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    }

    private func table(_ columns: [String], _ rows: [[String]]) -> String {
        ([columns, columns.map { _ in "---" }] + rows)
            .map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
