import WireFormats

extension Segment {
    /// A line about it for people, whose numbers count from the initial ones of the end that speaks and the one spoken to.
    func account(from own: UInt32, to other: UInt32) -> String {
        func distance(_ number: UInt32, _ initial: UInt32) -> Int { Int(Int32(bitPattern: number &- initial)) }
        var text = "\(distance(sequence, own))+\(data.count) ack \(distance(acknowledgement, other)) window \(window)"
        for (flag, name) in [(TCPFlags.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.urg, "URG \(urgentPointer)")]
        where flags.has(flag) { text += " " + name }
        for block in options.selective {
            text += " sack \(distance(block.start, other))..\(distance(block.end, other))"
        }
        return data.isEmpty ? text : text + " " + String(reflecting: String(decoding: data.prefix(60), as: UTF8.self))
    }
}
