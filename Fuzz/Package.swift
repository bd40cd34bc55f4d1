// swift-tools-version: 6.2
// Fuzzing entries for the parsers. Build and run them with Fuzz/run, which finds libFuzzer in the Swift toolchain.
import PackageDescription

/// libFuzzer without a main function of its own, because SwiftPM brings one.
let libFuzzer = Context.environment["SALLYPORT_LIBFUZZER"].map { [$0] } ?? []

/// An entry: Sources/NAME/, which fuzzes `module` of the gateway, and begins with the files in corpus/NAME/.
func entry(_ name: String, _ module: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Fuzzing", .product(name: module, package: "sallyport")],
        swiftSettings: [.enableExperimentalFeature("Lifetimes")],
        linkerSettings: [.unsafeFlags(libFuzzer), .linkedLibrary("stdc++"), .linkedLibrary("m")])
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "sallyport", path: "..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "Fuzzing", dependencies: ["CLibFuzzer"]),
        entry("fuzz-fragments", "Rewriting"),
        entry("fuzz-ftp", "FTPCodec"),
        entry("fuzz-sdp", "SIPCodec"),
        entry("fuzz-sip", "SIPCodec"),
        entry("fuzz-sip-gateway", "Rewriting"),
        entry("fuzz-stream", "Rewriting"),
    ],
    swiftLanguageModes: [.v6]
)
