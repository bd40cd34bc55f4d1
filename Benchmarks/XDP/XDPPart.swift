// The part `xdp`: what the XDP program costs a packet, by the path that it takes, above an empty program. By test-runs
// of the kernel (BPF_PROG_TEST_RUN): no card, no driver, and a redirected packet goes nowhere.

import BenchmarkSupport
import CTraffic
import Lab
import Traffic

@main
enum XDPPart {
    static func main() {
        Part.run("xdp", seconds: 180) { part in
            let router = try Router()
            defer { router.sandbox.remove() }
            try router.namespace.inside {
                // Answers about services are remembered by each processor, and so are the caches.
                guard traffic_stay() == 0 else { throw LabError("this thread cannot stay on its processor") }
                try Costs(router).measure(part)
            }
        }
    }
}
