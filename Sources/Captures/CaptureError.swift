/// Why a capture cannot be read, or not to its end: what is wrong, where, and what to do about it.
public struct CaptureError: Error, Equatable, CustomStringConvertible {
    /// The whole of it, in one line.
    public let description: String

    init(_ file: String, _ problem: String, advice: String) { description = "\(file): \(problem); \(advice)" }
}
