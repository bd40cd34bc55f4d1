import CTraffic
import CXDP
import Foundation
import Steering

/// A BPF program of the benchmarks, loaded into the kernel, with the maps that it names.
///
/// Invariant: owns the object that libbpf made of it; program and maps go with it.
public final class BPFProgram {
    private let object: OpaquePointer

    /// Loads a program that `compile.sh` has compiled; `sizes` are entries of maps that the program leaves open.
    public init(_ hexadecimal: StaticString, sizes: [String: Int] = [:]) throws {
        let opened = hexadecimal.hexadecimalBytes.withUnsafeBytes {
            bpf_object__open_mem($0.baseAddress, $0.count, nil)
        }
        guard let opened else { throw BPFFailure("opening a BPF object", errno) }
        object = opened
        for (name, entries) in sizes {
            bpf_map__set_max_entries(bpf_object__find_map_by_name(object, name), UInt32(entries))
        }
        let result = bpf_object__load(object)
        guard result == 0 else { throw BPFFailure("loading a BPF object", -result) }
    }

    deinit { bpf_object__close(object) }

    /// The descriptor of a program, by its function's name.
    public func descriptor(_ name: String) -> Int32 { bpf_program__fd(bpf_object__find_program_by_name(object, name)) }

    /// Writes an entry of a map.
    public func set<Value: BitwiseCopyable>(_ map: String, _ key: UInt32 = 0, to value: Value) throws {
        var (key, value) = (key, value)
        let result = bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, map), &key, &value, 0)
        guard result == 0 else { throw BPFFailure("writing map \(map)", -result) }
    }

    /// Reads an entry of a map, of a per-processor map one value for each possible processor.
    public func read<Value: BitwiseCopyable>(_ map: String, _ key: UInt32 = 0, into values: inout [Value]) throws {
        var key = key
        let result = bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, map), &key, &values)
        guard result == 0 else { throw BPFFailure("reading map \(map)", -result) }
    }

    /// An entry of a map, of which `value` is any.
    func read<Value: BitwiseCopyable>(_ map: String, _ key: UInt32 = 0, like value: Value) throws -> Value {
        var values = [value]
        try read(map, key, into: &values)
        return values[0]
    }

    /// The only entry of a per-processor map, of which `value` is any: one for each possible processor.
    func readAll<Value: BitwiseCopyable>(_ map: String, like value: Value) throws -> [Value] {
        var values = [Value](repeating: value, count: Int(libbpf_num_possible_cpus()))
        try read(map, into: &values)
        return values
    }

    /// Runs the program `generator` with live frames of so many bytes in the calling thread, on one processor, `batch`
    /// frames at a time.
    func generate(length: Int, batch: Int, seconds: Double, on processor: Int) throws {
        let frame = [UInt8](repeating: 0, count: length)
        let result = traffic_run(
            descriptor("generator"), frame, UInt32(length), UInt32(batch), UInt32(seconds * 1000), Int32(processor))
        guard result == 0 else { throw BPFFailure("BPF_PROG_TEST_RUN with live frames", -result) }
    }
}

/// A call about a BPF program or map that failed.
struct BPFFailure: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ code: Int32) {
        description = "\(what): \(String(cString: strerror(code)))"
    }
}
