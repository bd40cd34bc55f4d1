// The part `worker`: the gateway's AF_XDP path beside a bare forwarder in C, on the same links and with the same
// generator; and what an idle gateway costs.

import BenchmarkSupport

@main
enum WorkerPart {
    static func main() {
        Part.run("worker", seconds: 330) { part in
            try Forwarding(part: part).measure()
            try Idleness(part: part).measure()
        }
    }
}
