// Fuzzes the gateway with an open conversation. An input is a list of steps: segments of either side with any numbers,
// flags and data, and time that passes. Neither side is honest: it may send other bytes for the same numbers, acknowledge
// what it likes, and shut its window. What must hold all the same is checked with preconditions.

import Fuzzing

@main
enum FuzzStream {
    static func main() {
        fuzz { data, count in
            var input = Input(UnsafeRawBufferPointer(start: data, count: count))
            var exchange = Exchange(isSIP: input.isSIP)
            exchange.connect()
            while let step = input.next() { exchange.take(step, &input) }
            exchange.finish()
            return 0
        }
    }
}
