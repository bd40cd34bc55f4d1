/// Something that the packet path does again and again.
public struct Operation: Sendable {
    /// What it is, unique, for people and on a command line: `tcp-header`.
    public let name: String
    /// The most nanoseconds that it may take, on any machine that the gateway is meant for: a generous bound, since a
    /// smaller loss shows in its instructions.
    public let mostNanoseconds: Double
    /// Prepares it, and returns what does it so many times. The number that this returns depends on all that was done.
    public let prepare: @Sendable () throws -> (Int) -> UInt64

    /// All operations that are measured.
    public static var all: [Operation] { headers + ftp + sip + sessionDescriptions + tables }
}
