// The machine, in words: what its processors are and what runs on it; no names of its own.

import Foundation

/// What a reader has to know of the machine that measured.
public struct Machine: Codable, Sendable {
    /// As the processor calls itself, and whether a hypervisor is beneath.
    public let processor: String
    /// Those that the kernel runs on.
    public let processors: Int
    /// Main memory, in GiB.
    public let memory: Double
    /// `Linux 6.1.0`.
    public let kernel: String
    /// The distribution.
    public let system: String
    /// Whether the benchmark was built with optimisation; figures of a debug build say nothing.
    public let isOptimised: Bool

    /// This one.
    public init() {
        func lines(_ path: String) -> [Substring] {
            ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
        }
        func value(_ key: String, in lines: [Substring]) -> String? {
            guard let line = lines.first(where: { $0.hasPrefix(key) }) else { return nil }
            let value = line.drop { !":=".contains($0) }.dropFirst()
            return value.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
        }
        let about = lines("/proc/cpuinfo")
        let isGuest = value("flags", in: about)?.split(separator: " ").contains("hypervisor") == true
        processor = (value("model name", in: about) ?? "unknown processor") + (isGuest ? ", virtual machine" : "")
        processors = ProcessInfo.processInfo.activeProcessorCount
        memory = Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824
        kernel = "Linux " + (lines("/proc/sys/kernel/osrelease").first ?? "unknown")
        system = value("PRETTY_NAME", in: lines("/etc/os-release")) ?? "unknown"
        #if DEBUG
            isOptimised = false
        #else
            isOptimised = true
        #endif
    }
}
