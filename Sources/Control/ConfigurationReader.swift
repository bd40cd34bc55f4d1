// Reads values of a YAML tree and notes what is wrong with them.
//
// Every reading verb returns nil where there is nothing to use; where that is the operator's fault, and not just an
// absent key, the fault has been noted.

import Yams

/// A mapping of the file, by the names of its keys.
struct Section {
    /// As messages name it, such as `ftp`; empty for the file itself.
    let name: String
    let mark: Mark?
    let keys: [Node]
    let values: [String: Node]

    /// As messages name a key of it, such as `ftp.ports`.
    func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}

/// What a list's element is, or what is wrong with it.
enum Element<Value> {
    case success(Value)
    case failure(String)
}

struct ConfigurationReader {
    let file: String
    private(set) var problems: [ConfigurationError.Problem] = []

    init(file: String) { self.file = file }

    mutating func refuse(_ mark: Mark?, _ message: String) {
        let position = mark.map { ConfigurationError.Position(line: $0.line, column: $0.column) }
        problems.append(.init(file: file, position: position, message: message))
    }

    /// The tree of the whole file.
    mutating func tree(_ yaml: String) -> Node? {
        do {
            if let root = try compose(yaml: yaml) { return root }
            refuse(nil, "it is empty; it needs interfaces, nat, and ftp or sip")
        } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
            refuse(context.mark, "'\(keys[0])' is given twice; keep one of the two")
        } catch YamlError.scanner(let context, let problem, let mark, _) {
            refuse(mark, "this is no YAML: \(context.map { "\($0.text), " } ?? "")\(problem)")
        } catch YamlError.parser(let context, let problem, let mark, _) {
            refuse(mark, "this is no YAML: \(context.map { "\($0.text), " } ?? "")\(problem)")
        } catch YamlError.composer(_, let problem, let mark, _) {
            refuse(mark, "the configuration has to be one YAML document, \(problem)")
        } catch {
            refuse(nil, "this is no YAML: \(error)")
        }
        return nil
    }

    /// A mapping and the keys it may have; nil for `keys` allows any. An empty value is an empty mapping.
    mutating func section(
        _ node: Node, name: String, keys: [String]?, notServed: [String: String] = [:]
    ) -> Section? {
        guard let mapping = node.mapping ?? (node.null != nil ? Node.Mapping([]) : nil) else {
            let keys = keys.map { " with " + $0.joined(separator: ", ") } ?? ""
            refuse(node.mark, "\(name.isEmpty ? "the configuration" : name) has to be a mapping\(keys)")
            return nil
        }
        var values: [String: Node] = [:]
        var known: [Node] = []
        for (key, value) in mapping {
            let text = key.string ?? ""
            if let reason = notServed[text] {
                refuse(key.mark, "\(text): \(reason)")
            } else if let keys, !keys.contains(text) {
                let near = nearest(to: text, of: keys + notServed.keys).map { "did you mean '\($0)'?" }
                refuse(
                    key.mark,
                    "unknown key '\(text)'\(name.isEmpty ? "" : " in \(name)"); "
                        + (near ?? "the keys here are \(keys.joined(separator: ", "))"))
            } else {
                known.append(key)
                values[text] = value
            }
        }
        return Section(name: name, mark: node.mark, keys: known, values: values)
    }

    /// A key's value, whose absence is noted with what to write.
    mutating func required(_ section: Section, _ key: String, _ advice: String) -> Node? {
        if let node = section.values[key] { return node }
        refuse(section.mark, "\(section.path(key)) is missing; add it: \(advice)")
        return nil
    }

    /// A plain value as it is written.
    mutating func text(_ section: Section, _ key: String) -> (String, Mark?)? {
        guard let node = section.values[key] else { return nil }
        return text(node, section.path(key)).map { ($0, node.mark) }
    }

    private mutating func text(_ node: Node, _ path: String) -> String? {
        if let scalar = node.scalar, !scalar.string.isEmpty { return scalar.string }
        refuse(node.mark, "\(path) has to be a single value")
        return nil
    }

    /// A whole number, in decimal digits.
    mutating func number(_ section: Section, _ key: String, _ range: ClosedRange<Int>) -> Int? {
        guard let (text, mark) = text(section, key) else { return nil }
        if text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), range.contains(number) {
            return number
        }
        refuse(
            mark,
            "\(section.path(key)): '\(text)' is out of range; write a number from \(range.lowerBound) to \(range.upperBound)"
        )
        return nil
    }

    /// One of a few words.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ section: Section, _ key: String, _ type: Choice.Type
    ) -> Choice? {
        section.values[key].flatMap { choice($0, section.path(key), type) }
    }

    /// One of a few words, which a message calls `path`.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ node: Node, _ path: String, _ type: Choice.Type
    ) -> Choice? {
        guard let text = text(node, path) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        let words = type.allCases.map(\.rawValue)
        refuse(node.mark, "\(path): '\(text)' is not known here; write \(words.joined(separator: " or "))")
        return nil
    }

    /// A list of one or more different values.
    mutating func list<Value: Hashable>(
        _ section: Section, _ key: String, element: (String) -> Element<Value>
    ) -> [Value]? {
        guard let node = section.values[key] else { return nil }
        let path = section.path(key)
        guard let nodes = node.sequence, !nodes.isEmpty else {
            refuse(node.mark, "\(path) has to be a list with one value or more, in brackets: [...]")
            return nil
        }
        var values: [Value] = []
        for node in nodes {
            guard let text = text(node, path) else { continue }
            switch element(text) {
            case .failure(let reason): refuse(node.mark, "\(path): \(reason)")
            case .success(let value) where values.contains(value):
                refuse(node.mark, "\(path): \(text) is listed twice; keep one")
            case .success(let value): values.append(value)
            }
        }
        return values
    }
}
