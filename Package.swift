// swift-tools-version: 6.2
import PackageDescription

// SALLYPORT_MARCH=x86-64-v3 builds for a newer processor than the baseline; see the README.
let march = Context.environment["SALLYPORT_MARCH"].map { ["-Xcc", "-march=\($0)"] } ?? []

/// Modules on the packet path: strict memory safety, and no dynamic exclusivity checks, which `@_noLocks` does not see.
let packetPath: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .unsafeFlags(["-enforce-exclusivity=unchecked"] + march),
]

let package = Package(
    name: "sallyport",
    products: [
        .executable(name: "sallyport", targets: ["sallyport"]),
        // For Fuzz/, a package of its own because everything in it is built with sanitizers, and for Benchmarks/.
        .library(name: "FTPCodec", targets: ["FTPCodec"]),
        .library(name: "SIPCodec", targets: ["SIPCodec"]),
        .library(name: "Rewriting", targets: ["Rewriting", "WireFormats"]),
        .library(name: "FlowTables", targets: ["FlowTables", "PlainMemory", "WireFormats"]),
        .library(name: "XDPSockets", targets: ["XDPSockets", "CXDP"]),
        .library(name: "Steering", targets: ["Steering", "CSteering", "CXDP", "WireFormats"]),
        .library(name: "Routing", targets: ["Routing"]),
        .library(name: "Dataplane", targets: ["Dataplane"]),
        .library(name: "Control", targets: ["Control"]),
        .library(name: "Lab", targets: ["Lab", "InNamespace"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    ],
    targets: [
        // C: the contract with the XDP program, and the one audited shim over libxdp, libbpf, libmnl and the C library.
        .target(name: "CSteering", path: "bpf", exclude: ["steering.bpf.c", "compile.sh"]),
        .target(
            name: "CXDP",
            linkerSettings: [.linkedLibrary("xdp"), .linkedLibrary("bpf"), .linkedLibrary("mnl")]),
        .plugin(name: "CompileXDP", capability: .buildTool()),

        .target(name: "WireFormats", swiftSettings: packetPath),
        .target(name: "TextFormats", swiftSettings: packetPath),
        .target(name: "FTPCodec", dependencies: ["TextFormats"], swiftSettings: packetPath),
        .target(name: "SIPCodec", dependencies: ["CXDP", "TextFormats", "WireFormats"], swiftSettings: packetPath),
        // A module of its own, because in a debug build `@_noLocks` sees generic code of other modules only.
        .target(name: "PlainMemory", dependencies: ["CXDP"], swiftSettings: packetPath),
        .target(name: "FlowTables", dependencies: ["PlainMemory", "WireFormats"], swiftSettings: packetPath),
        .target(
            name: "Rewriting",
            dependencies: ["CXDP", "FTPCodec", "FlowTables", "PlainMemory", "SIPCodec", "TextFormats", "WireFormats"],
            swiftSettings: packetPath),
        .target(name: "XDPSockets", dependencies: ["CXDP", "FlowTables", "PlainMemory"], swiftSettings: packetPath),
        .target(
            name: "Steering", dependencies: ["CSteering", "CXDP", "WireFormats"], swiftSettings: packetPath,
            plugins: ["CompileXDP"]),
        .target(
            name: "Dataplane",
            dependencies: [
                "CSteering", "CXDP", "FlowTables", "PlainMemory", "Rewriting", "Routing", "Steering", "WireFormats",
                "XDPSockets",
            ],
            swiftSettings: packetPath),
        .target(
            name: "Control",
            dependencies: [
                "CSteering", "CXDP", "Dataplane", "PlainMemory", "Rewriting", "Routing", "Steering", "WireFormats",
                "XDPSockets", "Yams",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // Captures of packets, and what the gateway makes of them; libpcap reads the files.
        .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
        .target(name: "Captures", dependencies: ["CPcap", "Rewriting", "WireFormats"]),
        .target(name: "Lab"),
        .target(name: "Routing", dependencies: ["CXDP", "WireFormats"]),
        .executableTarget(
            name: "sallyport",
            dependencies: [
                "Captures", "Control", "Lab", "Rewriting", "WireFormats",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),

        .target(name: "TestSupport", path: "Tests/Support"),
        .testTarget(name: "WireFormatsTests", dependencies: ["TestSupport", "WireFormats"]),
        .testTarget(name: "FTPCodecTests", dependencies: ["FTPCodec", "TestSupport"]),
        .testTarget(
            name: "SIPCodecTests", dependencies: ["SIPCodec", "TestSupport", "WireFormats"], exclude: ["Torture"]),
        .testTarget(
            name: "FlowTablesTests", dependencies: ["FlowTables", "PlainMemory", "TestSupport", "WireFormats"]),
        .target(name: "HeapWatch", path: "Tests/HeapWatch"),
        // Thousands of simulated conversations: dynamic exclusivity checks would take a fifth of the time.
        .testTarget(
            name: "RewritingTests",
            dependencies: [
                "HeapWatch", "Rewriting", "FTPCodec", "FlowTables", "SIPCodec", "TestSupport", "WireFormats",
            ],
            swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"])]),
        .testTarget(name: "XDPSocketsTests", dependencies: ["CXDP", "FlowTables", "Lab", "TestSupport", "XDPSockets"]),
        .target(name: "InNamespace", dependencies: ["CXDP", "Lab"], path: "Tests/InNamespace"),
        .testTarget(name: "RoutingTests", dependencies: ["CXDP", "InNamespace", "Lab", "Routing", "WireFormats"]),
        .testTarget(
            name: "SteeringTests", dependencies: ["CXDP", "Steering", "CSteering", "TestSupport", "WireFormats"]),
        .testTarget(name: "DataplaneTests", dependencies: ["Dataplane", "FlowTables", "Rewriting", "WireFormats"]),
        .testTarget(
            name: "ControlTests", dependencies: ["Control", "InNamespace", "Lab", "Routing", "WireFormats"]),
        .testTarget(name: "CapturesTests", dependencies: ["Captures", "Rewriting", "TestSupport", "WireFormats"]),
        .testTarget(name: "LabTests", dependencies: ["Lab"]),
        // No test target, because it is not part of `make test`: `make test-nic` runs it.
        .executableTarget(
            name: "test-nic", dependencies: ["Lab"], path: "Tests/NIC",
            exclude: ["fetch-kernel", "init", "prepare-guest", "router"]),
    ],
    swiftLanguageModes: [.v6]
)
