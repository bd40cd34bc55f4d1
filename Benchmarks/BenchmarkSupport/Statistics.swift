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
    /// With so many significant digits, for people; thousands are set apart.
    public func formatted(digits: Int) -> String {
        guard isFinite, self != 0 else { return isNaN ? "none" : "0" }
        let places = Swift.max(0, digits - 1 - Int(log10(abs(self)).rounded(.down)))
        let formatter = NumberFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.numberStyle = .decimal
        formatter.usesGroupingSeparator = abs(self) >= 10_000
        formatter.groupingSeparator = ","
        formatter.minimumFractionDigits = places
        formatter.maximumFractionDigits = places
        return formatter.string(from: NSNumber(value: self)) ?? "\(self)"
    }
}
