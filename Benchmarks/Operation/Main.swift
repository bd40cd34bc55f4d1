// `operation NAME COUNT` does one operation of the packet path so many times, and nothing else, for who counts its
// instructions; without arguments it lists the operations. See Benchmarks/instructions.

import Glibc
import Operations

let arguments = CommandLine.arguments
if arguments.count == 1 {
    for operation in Operation.all { print(operation.name) }
    exit(0)
}
guard arguments.count == 3, let count = Int(arguments[2]), count > 0,
    let operation = Operation.all.first(where: { $0.name == arguments[1] })
else {
    print("usage: operation [NAME COUNT]")
    exit(64)
}
print(try operation.prepare()(count))
