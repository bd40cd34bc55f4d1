import CXDP

/// What the program did with one frame that no card received (BPF_PROG_TEST_RUN).
public struct TestRun: Sendable {
    /// XDP_DROP, XDP_PASS or XDP_REDIRECT. A redirected frame goes nowhere.
    public let action: UInt32
    /// The frame as the program left it.
    public let frame: [UInt8]
    /// The mean time that one run took.
    public let nanoseconds: UInt32

    /// Runs a program, given by its descriptor, on a frame, as if a queue of an interface of this thread's network
    /// namespace had received it. The interface must have a program attached, native. With `repeats` above 1, every run
    /// gets what the last one left.
    ///
    /// - Parameter frame: 14 to 3500 bytes.
    public init(
        of program: Int32, _ frame: [UInt8], interface: UInt32, queue: UInt32 = 0, repeats: Int32 = 1
    ) throws(SetupError) {
        var result: Int32 = 0
        var context = xdp_md()
        context.data_end = UInt32(frame.count)
        context.ingress_ifindex = interface
        context.rx_queue_index = queue
        var output = [UInt8](repeating: 0, count: frame.count + 256)
        var options = unsafe bpf_test_run_opts()
        unsafe options.sz = MemoryLayout<bpf_test_run_opts>.size
        unsafe options.repeat = repeats
        unsafe options.data_size_in = UInt32(frame.count)
        unsafe options.data_size_out = UInt32(output.count)
        unsafe options.ctx_size_in = UInt32(MemoryLayout<xdp_md>.size)
        // The options hold the three addresses only during the call.
        unsafe frame.withUnsafeBytes { frame in
            unsafe output.withUnsafeMutableBytes { output in
                unsafe withUnsafeBytes(of: &context) { context in
                    unsafe options.data_in = frame.baseAddress
                    unsafe options.data_out = output.baseAddress
                    unsafe options.ctx_in = context.baseAddress
                    result = unsafe bpf_prog_test_run_opts(program, &options)
                }
            }
        }
        guard result == 0 else { throw SetupError("BPF_PROG_TEST_RUN", of: "interface \(interface)", code: result) }
        unsafe action = options.retval
        unsafe self.frame = Array(output.prefix(Int(options.data_size_out)))
        unsafe nanoseconds = options.duration
    }
}

extension SteeringProgram {
    /// Runs the program as `TestRun.init` does.
    public func run(
        _ frame: [UInt8], interface: UInt32, queue: UInt32 = 0, repeats: Int32 = 1
    ) throws(SetupError) -> TestRun {
        try TestRun(of: descriptor, frame, interface: interface, queue: queue, repeats: repeats)
    }
}
