// What every entry needs: the way into libFuzzer.

import CLibFuzzer
import Glibc

/// Hands the process over to libFuzzer, which calls `entry` with one input after the other and exits at the end. An entry
/// finds a defect by trapping.
public func fuzz(_ entry: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32) -> Never {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments, entry))
}
