// Fuzzes the reassembly of datagrams. An input is a list of steps of four bytes: a fragment of one of four datagrams, of any
// place and length, with octets that fit those of others or do not; or time that passes. What comes out whole is compared
// with what has gone in.

import Fuzzing

@main
enum FuzzFragments {
    static func main() {
        fuzz { data, count in
            let bytes = UnsafeRawBufferPointer(start: data, count: count)
            var model = Model()
            for step in stride(from: 0, to: count - count % 4, by: 4) {
                model.take(bytes[step], bytes[step + 1], bytes[step + 2], bytes[step + 3])
            }
            return 0
        }
    }
}
