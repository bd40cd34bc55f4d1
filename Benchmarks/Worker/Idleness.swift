import BenchmarkSupport
import Foundation
import Lab

/// What a gateway costs that has nothing to do.
struct Idleness {
    let part: Part

    func measure() throws {
        let topology = try Topology()
        defer { topology.remove() }
        guard let gateway = try Gateway.sallyport(part.gateway).start(on: topology) else { return }
        sleep(1)  // its links have come up; the router is quiet
        let before = try processorSeconds(of: gateway.process.pid)
        let seconds = part.isQuick ? 3.0 : 10.0
        usleep(UInt32(seconds * 1e6))
        let used = try processorSeconds(of: gateway.process.pid) - before
        try gateway.stop()
        try part.measured("an idle gateway", unit: "% of a core", [100 * used / seconds], goal: .idle)
    }

    /// What all threads of a process and of its children that ended have used: utime to cstime, fields 14 to 17 of
    /// /proc/PID/stat, counted from 1.
    private func processorSeconds(of pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last!.split(separator: " ")
        return fields[11...14].compactMap { Double($0) }.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
