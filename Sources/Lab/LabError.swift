/// What stopped the lab, worded for whoever runs it: what was tried, what came back, and what to do where that is known.
public struct LabError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
