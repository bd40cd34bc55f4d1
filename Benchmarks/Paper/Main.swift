// `paper` puts the measured costs of a report into docs/scaling.md, and computes its tables from them.
//
//     paper REPORT.json... DOCUMENT.md
//
// A figure is that of the first report that has it. What stands between the two marks is replaced. Exit codes: 0 done, 1 failed, 64 wrong usage.

import BenchmarkSupport
import Foundation

@main
enum Main {
    private static let marks = ["<!-- measured: written by `make paper` -->", "<!-- end of measured -->"]

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.count > 1, let document = arguments.last else {
            fail("usage: paper REPORT.json... DOCUMENT.md", code: 64)
        }
        do {
            let text = try String(contentsOfFile: document, encoding: .utf8)
            guard let start = text.range(of: marks[0]), let end = text.range(of: marks[1]) else {
                fail("paper: \(document) has no marks \(marks.joined(separator: " and "))", code: 1)
            }
            let budget = try Budget(arguments.dropLast().map { try Data(contentsOf: URL(fileURLWithPath: $0)) })
            let new = text[..<start.upperBound] + "\n\n" + budget.markdown + "\n\n" + text[end.lowerBound...]
            try new.write(toFile: document, atomically: true, encoding: .utf8)
        } catch {
            fail("paper: \(error)", code: 1)
        }
    }

    private static func fail(_ text: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
        exit(code)
    }
}
