import Foundation
import PackagePlugin

/// Compiles bpf/steering.bpf.c with the Swift toolchain's clang, and gives the object to the target as a Swift file.
///
/// `SALLYPORT_CLANG` names another clang; the first one in PATH is not asked, since on Debian 12 it is an old one.
/// Every file that the program is made of is named here: clang's own list of them does not reach the build system.
@main
struct CompileXDP: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let bpf = context.package.directoryURL.appending(path: "bpf")
        let script = bpf.appending(path: "compile.sh")
        let source = bpf.appending(path: "steering.bpf.c")
        let headers = try [bpf, bpf.appending(path: "include")].flatMap { folder in
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "h" }.sorted { $0.path < $1.path }
        }
        let output = context.pluginWorkDirectoryURL.appending(path: "SteeringObject.swift")
        let clang = try ProcessInfo.processInfo.environment["SALLYPORT_CLANG"] ?? context.tool(named: "clang").url.path
        return [
            .buildCommand(
                displayName: "Compiling the XDP program",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, clang, source.path, output.path, bpf.appending(path: "include").path],
                inputFiles: [script, source] + headers,
                outputFiles: [output])
        ]
    }
}
