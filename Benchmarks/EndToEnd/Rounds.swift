import BenchmarkSupport

/// What the turns of all ways came to: turn by turn the same round.
struct Rounds<Quantity: Hashable> {
    /// What one turn came to, by what was measured.
    typealias Turn = [Quantity: Double]

    private var turns: [Way: [Turn]] = [:]

    /// Measures every way twice in a quick part, else five times or as often as leaves `reserve` seconds of it; in the
    /// order to and fro, so that none has always the same predecessor. The helper comes first, since its `rate` is what
    /// the others are loaded with: from then on `measure` is told it.
    init(
        of part: Part, reserve: Double, loadedBy rate: Quantity, measure: (Way, _ full: Double?) throws -> Turn
    ) throws {
        for round in 0..<(part.isQuick ? 2 : 5) where round == 0 || part.secondsLeft > reserve {
            let order: [Way] = [.kernel, .direct, .bare, .gateway]
            for way in round % 2 == 0 ? order : order.reversed() {
                turns[way, default: []].append(try measure(way, turns[.kernel]?.first?[rate]))
            }
        }
    }

    /// What was measured of a quantity on a way.
    func all(_ quantity: Quantity, _ way: Way) -> [Double] { turns[way]!.compactMap { $0[quantity] } }

    /// A quantity on a way, less what it is between the ends alone: less the median of that, since turn by turn its noise
    /// would be added.
    func own(_ quantity: Quantity, _ way: Way) -> [Double] {
        let direct = all(quantity, .direct).median
        return all(quantity, way).map { $0 - direct }
    }
}
