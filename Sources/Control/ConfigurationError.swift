/// Everything that is wrong with a configuration file.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One or more, in the order of the file.
    public let problems: [Problem]

    /// One thing that is wrong.
    public struct Problem: Equatable, Sendable, CustomStringConvertible {
        /// The file's name, as the operator gave it.
        public let file: String
        /// Where in the file; nil when it is about the file as a whole.
        public let position: Position?
        /// What is wrong, and what to write instead.
        public let message: String

        /// `file:line:column: message`, as compilers write it.
        public var description: String {
            position.map { "\(file):\($0.line):\($0.column): \(message)" } ?? "\(file): \(message)"
        }
    }

    /// A place in the file.
    public struct Position: Comparable, Sendable {
        /// From 1.
        public let line: Int
        /// From 1, counted in Unicode scalars.
        public let column: Int

        static let start = Position(line: 1, column: 1)

        /// The order of reading.
        public static func < (left: Position, right: Position) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
