// `micro`: what single operations of the packet path cost, and the table of conversations beside one in C.

import BenchmarkSupport

@main
enum Micro {
    static func main() {
        Part.run("micro", seconds: 180) { part in
            try Tables(part).measure()
            try OperationTimes.measure(part)
        }
    }
}
