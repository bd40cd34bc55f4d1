// `micro`: what single operations of the packet path cost, the table of conversations beside one in C, and SIP messages
// beside other parsers.

import BenchmarkSupport

@main
enum Micro {
    static func main() {
        Part.run("micro", seconds: 180) { part in
            try Tables(part).measure()
            try Messages(part: part).measure()
            try OperationTimes.measure(part)
        }
    }
}
