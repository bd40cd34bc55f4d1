// The part `e2e`: the gateway as a whole, on virtual links, beside what the kernel does on the same links.

import BenchmarkSupport
import Lab

@main
enum EndToEnd {
    static func main() {
        Part.run("e2e", seconds: 360) { part in
            try fileData(part)
        }
    }

    /// FTP data, which the XDP program translates, beside the kernel's routing and masquerade.
    private static func fileData(_ part: Part) throws {
        let throughput = try Throughput.measure(
            part.gateway, pairs: part.isQuick ? 3 : 9, bytes: part.isQuick ? 100_000_000 : 500_000_000
        ) { part.progress($0) }
        let context = ["links": "veth, native XDP", "file": part.isQuick ? "100 MB" : "500 MB"]
        try part.measured("FTP data through the gateway", unit: "bytes/s", throughput.gateway, context: context)
        try part.measured("FTP data through the kernel", unit: "bytes/s", throughput.kernel, context: context)
        try part.measured(
            "FTP data, gateway to kernel", unit: "ratio", zip(throughput.gateway, throughput.kernel).map { $0 / $1 },
            context: context)
    }
}
