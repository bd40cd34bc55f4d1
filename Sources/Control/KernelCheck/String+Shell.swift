extension String {
    /// As it has to be written for a shell to pass it on as one word.
    var shellWord: String {
        let plain = "-_./:,=+!"
        if !isEmpty, allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || plain.contains($0)) }) { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
