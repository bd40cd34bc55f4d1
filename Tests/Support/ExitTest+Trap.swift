import Glibc
import Testing

extension ExitTest.Condition {
    /// The program was stopped by a check, and not by the memory that it would have touched without one.
    public static var trap: ExitTest.Condition {
        #if arch(x86_64)
            .signal(SIGILL)
        #else
            .signal(SIGTRAP)
        #endif
    }
}
