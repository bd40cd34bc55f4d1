// A chart of measurements, as a small SVG file. Its colours follow the reader's dark or light setting.

import BenchmarkSupport
import Foundation

/// Lines over a logarithmic or plain axis, or bars, of the measurements that name it in `series`.
struct Chart {
    /// The part that it is about.
    let part: String
    /// The text before the colon of its measurements' `series`.
    let title: String
    private let measurements: [Figure]

    /// All charts that the measurements ask for, in their order.
    static func all(of runs: [PartRun]) -> [Chart] {
        runs.flatMap { run in
            var titles: [String] = []
            for measurement in run.measurements {
                if let title = measurement.chart, !titles.contains(title) { titles.append(title) }
            }
            return titles.map { title in
                Chart(part: run.name, title: title, measurements: run.measurements.filter { $0.chart == title })
            }
        }
    }

    /// The name of its file.
    var file: String {
        let letters = title.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        return "\(part)-\(String(letters)).svg"
    }

    /// The file.
    var svg: String {
        let body = measurements.contains { $0.x != nil } ? lines : bars
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 \(body.height)" font-family="sans-serif" \
            font-size="12">
            <style>
            text { fill: #333 } .axis { stroke: #999; fill: none } .c0 { stroke: #0a6ebd } .c1 { stroke: #d1495b }
            .c2 { stroke: #2e8b57 } .c3 { stroke: #b8860b } .c4 { stroke: #7b4fb5 } .c5 { stroke: #5f6b73 }
            .line { fill: none; stroke-width: 2 } .bar { stroke-width: 14 } .spread { stroke: #999; stroke-width: 2 }
            @media (prefers-color-scheme: dark) {
            text { fill: #ddd } .c0 { stroke: #58b0f5 } .c1 { stroke: #f28b97 } .c2 { stroke: #6fd39b }
            .c3 { stroke: #e6c35c } .c4 { stroke: #bb9af0 } .c5 { stroke: #b5bec4 } }
            </style>
            <text x="8" y="18" font-size="14">\(escaped(title)), \(escaped(measurements[0].unit))</text>
            \(body.elements.joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: Bars

    private var bars: (elements: [String], height: Int) {
        let most = measurements.flatMap(\.samples).max() ?? 1
        func x(_ value: Double) -> Double { 240 + 300 * value / most }
        let elements = measurements.enumerated().flatMap { index, measurement -> [String] in
            let y = 44 + 24 * index
            let (median, samples) = (measurement.samples.median, measurement.samples)
            return [
                "<text x=\"232\" y=\"\(y + 4)\" text-anchor=\"end\">\(escaped(measurement.label))</text>",
                line("bar c\(index % 6)", [(x(0), Double(y)), (x(median), Double(y))]),
                line("spread", [(x(samples.min() ?? 0), Double(y)), (x(samples.max() ?? 0), Double(y))]),
                "<text x=\"\(x(samples.max() ?? 0) + 6)\" y=\"\(y + 4)\">\(median.formatted(digits: 3))</text>",
            ]
        }
        return (elements, 44 + 24 * measurements.count)
    }

    // MARK: Lines

    private var lines: (elements: [String], height: Int) {
        let places = measurements.compactMap { $0.x }
        let (least, last) = (places.min() ?? 0, places.max() ?? 1)
        let isLogarithmic = least > 0 && last / least >= 100
        let most = measurements.map(\.samples.median).filter(\.isFinite).max() ?? 1
        func x(_ place: Double) -> Double {
            let share =
                isLogarithmic ? log(place / least) / log(last / least) : (place - least) / max(last - least, .ulpOfOne)
            return 60 + 380 * share
        }
        func y(_ value: Double) -> Double { 250 - 210 * value / most }
        var labels: [String] = []
        for measurement in measurements where !labels.contains(measurement.label) { labels.append(measurement.label) }
        var elements = [line("axis", [(60, 40), (60, 250), (440, 250)])]
        for value in [0, most / 2, most] {
            elements.append(
                "<text x=\"54\" y=\"\(y(value) + 4)\" text-anchor=\"end\">\(value.formatted(digits: 2))</text>")
        }
        for place in Set(places).sorted() {
            elements.append("<text x=\"\(x(place))\" y=\"268\" text-anchor=\"middle\">\(short(place))</text>")
        }
        for (index, label) in labels.enumerated() {
            let points = measurements.filter { $0.label == label && $0.x != nil }.sorted { $0.x! < $1.x! }
            elements.append(line("line c\(index % 6)", points.map { (x($0.x!), y($0.samples.median)) }))
            elements.append(
                line("line c\(index % 6)", [(450, Double(50 + 20 * index)), (466, Double(50 + 20 * index))]))
            elements.append("<text x=\"472\" y=\"\(54 + 20 * index)\">\(escaped(label))</text>")
        }
        return (elements, 280)
    }

    private func line(_ style: String, _ points: [(Double, Double)]) -> String {
        let path = points.map { String(format: "%.1f,%.1f", $0.0, $0.1) }.joined(separator: " ")
        return "<polyline class=\"\(style)\" points=\"\(path)\"/>"
    }

    private func short(_ number: Double) -> String {
        switch number {
        case 1e6...: "\((number / 1e6).formatted(digits: 1))M"
        case 1e3...: "\((number / 1e3).formatted(digits: 1))k"
        default: number.formatted(digits: 1)
        }
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

extension Figure {
    /// The chart that it belongs to.
    fileprivate var chart: String? {
        series.map { String($0.prefix { $0 != ":" }) }
    }

    /// Its line or bar there.
    fileprivate var label: String {
        (series ?? "").drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces)
    }
}
