// Where the demonstration writes: a terminal, in colour, or anything else, without.

import Foundation
import Glibc

/// Titles, text and tables on standard output.
public struct Page: Sendable {
    private let isColoured: Bool

    /// Colour only on a terminal, and not where NO_COLOR forbids it (no-color.org).
    public init() {
        isColoured = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    func title(_ text: String) {
        write("\n\(painted(text, "1"))")
    }

    func text(_ text: String) {
        write(text)
    }

    /// Every column as wide as its widest cell, the last as it is.
    func table(_ rows: [[String]]) {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            max(16, rows.compactMap { column < $0.count ? visibleWidth($0[column]) : nil }.max() ?? 0)
        }
        for row in rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - visibleWidth(cell))
            }
            write("  " + cells.joined(separator: "  ").replacing(#/ +$/#, with: ""))
        }
    }

    func good(_ text: String) -> String { painted(text, "32") }

    func bad(_ text: String) -> String { painted(text, "31") }

    private func painted(_ text: String, _ attribute: String) -> String {
        isColoured ? "\u{1b}[\(attribute)m\(text)\u{1b}[0m" : text
    }

    private func visibleWidth(_ cell: String) -> Int {
        cell.replacing(/\u{1b}\[[0-9;]*m/, with: "").count
    }

    /// At once, so that progress shows also through a pipe.
    private func write(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
