// swift-tools-version: 6.2
// Everything that measures: a package of its own, so that the gateway's stays light. `make bench` builds and runs it.
import PackageDescription

/// A module of the gateway.
func gateway(_ module: String) -> Target.Dependency { .product(name: module, package: "sallyport") }

/// As the gateway's packet path: what is measured is its code, and not the compiler's checks of the loop around it.
let measured: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"), .unsafeFlags(["-enforce-exclusivity=unchecked"]),
]

/// One part of the report: a program that prints its measurements to standard output, as `Part` describes.
func part(
    _ name: String, path: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
    plugins: [Target.PluginUsage] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: ["BenchmarkSupport"] + dependencies, path: path, exclude: exclude,
        swiftSettings: measured, plugins: plugins)
}

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "sallyport", path: ".."),
        .package(url: "https://github.com/google/swift-benchmark", from: "0.1.2"),
    ],
    targets: [
        .target(name: "BenchmarkSupport", path: "BenchmarkSupport"),
        .plugin(name: "CompileBPF", capability: .buildTool(), path: "Plugins/CompileBPF"),
        .target(name: "CTable", path: "CTable"),
        .target(name: "CTraffic", path: "CTraffic"),
        .target(
            name: "Traffic", dependencies: ["CTraffic", gateway("Routing"), gateway("Steering")], path: "Traffic",
            exclude: ["control.bpf.c", "generator.bpf.c", "sink.bpf.c", "traffic_program.h"], plugins: ["CompileBPF"]),
        .target(
            name: "Operations",
            dependencies: [gateway("FTPCodec"), gateway("FlowTables"), gateway("Rewriting"), gateway("SIPCodec")],
            path: "Operations", swiftSettings: measured),
        .executableTarget(name: "operation", dependencies: ["Operations"], path: "Operation"),
        part(
            "micro", path: "Micro",
            ["CTable", "Operations", gateway("FlowTables"), .product(name: "Benchmark", package: "swift-benchmark")]),
        part(
            "xdp", path: "XDP", ["CTraffic", "Traffic", gateway("Lab"), gateway("Steering")],
            exclude: ["rotator.bpf.c"], plugins: ["CompileBPF"]),
        part("e2e", path: "EndToEnd", ["Traffic", gateway("Lab"), gateway("Routing"), gateway("Steering")]),
        .target(name: "Redirect", path: "Redirect", linkerSettings: [.linkedLibrary("bpf")]),
        .executableTarget(
            name: "forwarder", dependencies: ["Redirect"], path: "Forwarder",
            linkerSettings: [.linkedLibrary("xdp"), .linkedLibrary("bpf")]),
        .executableTarget(
            name: "worker-forwarder", dependencies: ["Redirect", gateway("XDPSockets")], path: "WorkerForwarder",
            swiftSettings: measured),
        part("worker", path: "Worker", ["Traffic", gateway("Lab"), gateway("Routing")]),
        .executableTarget(name: "paper", dependencies: ["BenchmarkSupport"], path: "Paper"),
        .executableTarget(name: "report", dependencies: ["BenchmarkSupport", gateway("Lab")], path: "Report"),
    ],
    swiftLanguageModes: [.v6]
)
