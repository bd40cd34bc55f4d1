import BenchmarkSupport
import Lab

/// FTP data, which the XDP program translates, beside the kernel's routing and masquerade.
struct FileData {
    let part: Part

    func measure() throws {
        let megabytes = part.isQuick ? 100 : 500
        let throughput = try Throughput.measure(
            part.gateway, pairs: part.isQuick ? 3 : 9, bytes: megabytes * 1_000_000
        ) { part.progress($0) }
        let context = ["links": "veth, native XDP", "file": "\(megabytes) MB"]
        try part.measured(
            "FTP data through the gateway", unit: "bytes/s", throughput.gateway, context: context,
            series: "FTP data: gateway")
        try part.measured(
            "FTP data through the kernel", unit: "bytes/s", throughput.kernel, context: context,
            series: "FTP data: kernel")
        try part.measured(
            "FTP data, gateway to kernel", unit: "ratio", zip(throughput.gateway, throughput.kernel).map { $0 / $1 },
            context: context)
    }
}
