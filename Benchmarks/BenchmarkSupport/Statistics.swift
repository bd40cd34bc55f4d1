// What many samples say together. Medians and extremes, because the samples of a shared machine are not distributed
// normally: disturbances only ever make things slower.

import Foundation

extension [Double] {
    /// The middle of the samples, or of the middle two; not a number where there are none.
    public var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The smallest sample that at least `share` (0 to 1) of all samples do not exceed; not a number without samples.
    public func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(count - 1, Swift.max(0, Int((share * Double(count)).rounded(.up)) - 1))]
    }

    /// From the smallest to the largest, for people.
    public var spread: String {
        guard let least = self.min(), let most = self.max() else { return "no samples" }
        return "\(least.formatted(digits: 3)) to \(most.formatted(digits: 3))"
    }
}

extension Double {
    /// With so many significant digits, and all before the point, for people; thousands are set apart.
    public func formatted(digits: Int) -> String {
        guard isFinite else { return isNaN ? "none" : "infinite" }
        let size = self == 0 ? 0 : Int(log10(abs(self)).rounded(.down))
        let text = String(format: "%.\(Swift.max(0, digits - 1 - size))f", self)
        guard abs(self) >= 10_000 else { return text }
        var grouped = ""
        for (index, digit) in text.enumerated() {
            if index > 0, (text.count - index) % 3 == 0, grouped != "-" { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }
}
