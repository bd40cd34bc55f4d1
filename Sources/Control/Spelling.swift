/// The word of `words` that a typing mistake or two would turn into `text`; nil when none is that near.
func nearest(to text: String, of words: [String]) -> String? {
    let nearest = words.map { (word: $0, distance: distance(text, $0)) }.min { $0.distance < $1.distance }
    guard let nearest, nearest.distance <= max(1, min(text.count, nearest.word.count) / 3) else { return nil }
    return nearest.word
}

/// How many insertions, deletions, replacements and swaps of neighbours turn one word into the other (optimal string
/// alignment).
private func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var rows = [Array(0...right.count)]
    for i in 0..<left.count {
        var row = [i + 1]
        for j in 0..<right.count {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                best = min(best, rows[i - 1][j - 1] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
