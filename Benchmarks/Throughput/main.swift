// `make bench`: the XDP data path beside the kernel's forwarding. Run as root; the argument is the gateway's executable.

import Foundation
import Lab

guard CommandLine.arguments.count == 2 else {
    FileHandle.standardError.write(Data("usage: throughput PATH-OF-SALLYPORT\n".utf8))
    exit(64)
}
do {
    print("FTP download of 500 MB between network namespaces (veth, native XDP), in turns")
    let result = try Throughput.measure(CommandLine.arguments[1], pairs: 9, bytes: 500_000_000) { print($0) }
    print(result.summary)
} catch {
    FileHandle.standardError.write(Data("throughput: \(error)\n".utf8))
    exit(1)
}
