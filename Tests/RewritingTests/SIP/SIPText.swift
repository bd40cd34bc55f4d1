/// A SIP message as the tests make and read it: written for them alone, and simple, so that nothing of the gateway's own
/// reading is taken on trust.
struct SIPText {
    var start: String
    var fields: [(name: String, value: String)] = []
    var body = ""

    init(_ start: String, _ fields: [(String, String)], body: String = "") {
        self.start = start
        for (name, value) in fields { self.fields.append((name, value)) }
        self.body = body
    }

    /// Reads a message whose lines end with CR LF and are not folded.
    init(_ text: String) {
        let head = text.prefixBefore("\r\n\r\n")
        body = String(text.unicodeScalars.dropFirst(head.unicodeScalars.count + 4))
        let lines = head.splitLines
        start = lines.first ?? ""
        for line in lines.dropFirst() {
            let name = line.prefix { $0 != ":" }
            let value = line.dropFirst(name.count + 1).drop { $0 == " " }
            fields.append((String(name), String(value)))
        }
    }

    /// The first value of a field.
    subscript(name: String) -> String? {
        get { fields.first { $0.name == name }?.value }
        set {
            if let index = fields.firstIndex(where: { $0.name == name }) {
                if let newValue { fields[index].value = newValue } else { fields.remove(at: index) }
            } else if let newValue {
                fields.append((name, newValue))
            }
        }
    }

    /// All values of a field.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The message with the right Content-Length.
    var text: String {
        var text = start + "\r\n"
        for field in fields where field.name != "Content-Length" { text += "\(field.name): \(field.value)\r\n" }
        return text + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    /// Whether Content-Length says how long the body is.
    var hasRightLength: Bool { self["Content-Length"] == "\(body.utf8.count)" }

    /// The method of a request, or of what a response answers.
    var method: String { String(self["CSeq"]?.split(separator: " ").last ?? "") }

    /// The status code; nil for a request.
    var code: Int? { start.hasPrefix("SIP/2.0 ") ? Int(start.dropFirst(8).prefix(3)) : nil }

    /// The Request-URI.
    var requestURI: String? {
        let parts = start.split(separator: " ")
        return code == nil && parts.count == 3 ? String(parts[1]) : nil
    }

    /// The lines of the body that begin with a text.
    func lines(_ prefix: String) -> [String] { body.splitLines.filter { $0.hasPrefix(prefix) } }

    /// The first such line.
    func line(_ prefix: String) -> String? { lines(prefix).first }

    /// The port of an m= line.
    func port(_ line: Int = 0) -> UInt16? {
        let media = lines("m=")
        guard line < media.count else { return nil }
        return UInt16(media[line].split(separator: " ")[1])
    }
}

extension String {
    /// With CR LF for every LF.
    var crlf: String {
        var view = String.UnicodeScalarView()
        for scalar in unicodeScalars { view.append(contentsOf: scalar == "\n" ? ["\r", "\n"] : [scalar]) }
        return String(view)
    }

    /// The lines, without CR LF.
    var splitLines: [String] {
        var lines: [String] = [""]
        for scalar in unicodeScalars {
            if scalar == "\n" {
                lines.append("")
            } else if scalar != "\r" {
                lines[lines.count - 1].unicodeScalars.append(scalar)
            }
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    fileprivate func prefixBefore(_ mark: String) -> String {
        let (scalars, end) = (Array(unicodeScalars), Array(mark.unicodeScalars))
        var view = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalars[index...].starts(with: end) { break }
            view.append(scalar)
        }
        return String(view)
    }
}

/// A session description with one audio stream.
func sdp(_ address: String, _ port: Int, _ attributes: String...) -> String {
    var text = "v=0\no=- 1 1 IN IP4 \(address)\ns=-\nc=IN IP4 \(address)\nt=0 0\nm=audio \(port) RTP/AVP 0 101\n"
    for attribute in attributes { text += attribute + "\n" }
    return text.crlf
}
