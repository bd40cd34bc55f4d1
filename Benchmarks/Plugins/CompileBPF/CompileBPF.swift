import Foundation
import PackagePlugin

/// Compiles the BPF programs of a benchmark target as the gateway's own are: NAME.bpf.c in the target's folder becomes
/// `enum NameObject` in the target. Headers that they include are searched for in CTraffic.
@main
struct CompileBPF: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let script = context.package.directoryURL.appending(path: "../bpf/compile.sh").standardizedFileURL
        let headers = context.package.directoryURL.appending(path: "CTraffic/include")
        let clang = try ProcessInfo.processInfo.environment["SALLYPORT_CLANG"] ?? context.tool(named: "clang").url.path
        let sources = try FileManager.default.contentsOfDirectory(
            at: target.directoryURL, includingPropertiesForKeys: nil
        )
        .filter { $0.path.hasSuffix(".bpf.c") }
        return sources.map { source in
            let name = source.lastPathComponent.dropLast(".bpf.c".count).capitalized + "Object"
            let output = context.pluginWorkDirectoryURL.appending(path: "\(name).swift")
            return .buildCommand(
                displayName: "Compiling \(source.lastPathComponent)", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, clang, source.path, output.path, headers.path],
                inputFiles: [script, source, headers.appending(path: "traffic.h")], outputFiles: [output])
        }
    }
}
