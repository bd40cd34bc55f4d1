import Foundation

// None is in the Glibc module: they are GNU extensions (unshare(2), setns(2), sched_getcpu(3), sched_setaffinity(2)).
@_silgen_name("unshare") private func unshare(_ flags: Int32) -> Int32
@_silgen_name("setns") private func setns(_ descriptor: Int32, _ flags: Int32) -> Int32
@_silgen_name("sched_getcpu") private func currentProcessor() -> Int32
@_silgen_name("sched_setaffinity")
private func setAffinity(_ thread: Int32, _ size: Int, _ processors: UnsafeRawPointer) -> Int32

private let networkNamespace: Int32 = 0x4000_0000  // CLONE_NEWNET

/// What a test could not set up.
struct SetupFailure: Error { let what: String }

/// Runs `body` on a thread with a network namespace of its own. The namespace has no name, so that nothing of it is
/// left when the thread ends, however it ends.
func inOwnNamespace<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await onOwnThread {
        guard unshare(networkNamespace) == 0 else { throw SetupFailure(what: "unshare: errno \(errno)") }
        return try body()
    }
}

/// Runs `body` on a thread in a namespace that has a name.
func inNamespace<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await onOwnThread {
        try enterNamespace(name)
        return try body()
    }
}

/// Moves this thread.
func enterNamespace(_ name: String) throws {
    let descriptor = open("/run/netns/\(name)", O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    guard setns(descriptor, networkNamespace) == 0 else { throw SetupFailure(what: "setns \(name): errno \(errno)") }
}

/// Keeps this thread on the processor where it is, because each processor has its own memory of where services lead.
func stayOnProcessor() throws {
    var processors = cpu_set_t()
    let number = Int(currentProcessor())
    withUnsafeMutableBytes(of: &processors) { $0[number / 8] = 1 << (number % 8) }
    guard setAffinity(0, MemoryLayout<cpu_set_t>.size, &processors) == 0 else {
        throw SetupFailure(what: "sched_setaffinity: errno \(errno)")
    }
}

private func onOwnThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// Runs shell commands in the namespace of this thread, up to the first that fails; what they wrote.
@discardableResult
func shell(_ script: String) throws -> String {
    guard let pipe = popen("{ set -e; \(script)\n} 2>&1", "r") else { throw SetupFailure(what: "popen: \(errno)") }
    var output: [UInt8] = []
    while case let byte = fgetc(pipe), byte != EOF { output.append(UInt8(byte)) }
    let text = String(decoding: output, as: UTF8.self)
    guard pclose(pipe) == 0 else { throw SetupFailure(what: "\(script)\n\(text)") }
    return text
}

/// Loading programs and making namespaces is root's.
let isRoot = geteuid() == 0
