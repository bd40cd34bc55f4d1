// Fuzzes the gateway for SIP with calls and registrations. An input is a list of steps: messages of either side, made from
// pieces that mean something and from bytes of the input, earlier datagrams once more, and time that passes. What must hold
// at every moment is checked with preconditions.

import Fuzzing

@main
enum FuzzSIPGateway {
    static func main() {
        fuzz { data, count in
            var input = Input(UnsafeRawBufferPointer(start: data, count: count))
            var site = Site()
            while let step = input.next() { site.take(step, &input) }
            site.finish()
            return 0
        }
    }
}
