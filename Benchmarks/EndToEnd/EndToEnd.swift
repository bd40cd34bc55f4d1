// The part `e2e`: the gateway as a whole, on virtual links, beside what the kernel does on the same links.

import BenchmarkSupport
import Lab

@main
enum EndToEnd {
    static func main() {
        Part.run("e2e", seconds: 540) { part in
            try Control(part: part).measure()
            try Signalling(part: part).measure()
            try Calls(part: part).measure()
            try Media(part: part).measure()
            try FileData(part: part).measure()
        }
    }
}
