import Foundation
import WireFormats

/// A capture made by a test: frames put into a file as tcpdump would.
struct CaptureFile {
    /// The format of the file.
    enum Format: CaseIterable {
        case microseconds, nanoseconds, pcapng
    }

    /// The link type, by its number in the file, and the header that stands before IPv4.
    struct Link: Sendable {
        static let ethernet = Link(number: 1, header: [UInt8](repeating: 2, count: 12) + [8, 0])
        static let cooked = Link(number: 113, header: [UInt8](repeating: 0, count: 14) + [8, 0])
        static let cooked2 = Link(number: 276, header: [8, 0] + [UInt8](repeating: 0, count: 18))
        static let raw = Link(number: 101, header: [])
        static let all = [ethernet, cooked, cooked2, raw]

        let number: UInt32
        let header: [UInt8]
    }

    let link: Link
    private(set) var bytes: [UInt8]
    private let format: Format
    private var seconds: UInt32 = 1_700_000_000

    init(_ format: Format = .microseconds, _ link: Link = .ethernet) {
        self.format = format
        self.link = link
        switch format {
        case .pcapng:
            bytes = little(0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, .max, .max, 28)
            bytes += little(1, 20, link.number, 0, 20)
        case .microseconds, .nanoseconds:
            let magic: UInt32 = format == .nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4
            bytes = little(magic, 4 << 16 | 2, 0, 0, 262144, link.number)
        }
    }

    /// Appends an IPv4 packet, a second after the one before, of which the file has only so many octets.
    mutating func append(_ packet: [UInt8], cutTo limit: Int = .max) {
        let frame = link.header + packet
        let (kept, length) = (Array(frame.prefix(limit)), UInt32(frame.count))
        seconds += 1
        switch format {
        case .pcapng:
            let time = UInt64(seconds) * 1_000_000 + 250_000
            let padding = [UInt8](repeating: 0, count: (4 - kept.count % 4) % 4)
            let total = UInt32(32 + kept.count + padding.count)
            bytes += little(6, total, 0, UInt32(time >> 32), UInt32(truncatingIfNeeded: time))
            bytes += little(UInt32(kept.count), length) + kept + padding + little(total)
        case .microseconds: bytes += little(seconds, 250_000, UInt32(kept.count), length) + kept
        case .nanoseconds: bytes += little(seconds, 250_000_000, UInt32(kept.count), length) + kept
        }
    }

    /// Lets time pass.
    mutating func wait(_ seconds: UInt32) { self.seconds += seconds }

    /// Writes the file, without so many octets at its end, lets it be read, and removes it.
    func read<Answer>(without octets: Int = 0, _ body: (String) throws -> Answer) throws -> Answer {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pcap")
        try Data(bytes.dropLast(octets)).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }
}

/// A UDP datagram over IPv4, with the checksum of UDP as a card has it that computes them itself: wrong.
func datagram(_ data: some Collection<UInt8>, from source: String, to destination: String) -> [UInt8] {
    let (source, destination) = (Endpoint(source)!, Endpoint(destination)!)
    let header = big(source.port, destination.port, UInt16(8 + data.count), 0xbad0)
    return packet(17, header + data, source.address, destination.address)
}

/// A TCP segment over IPv4: `flags` 2 SYN, 1 FIN, 16 ACK.
func segment(
    _ data: some Collection<UInt8>, from source: String, to destination: String, sequence: UInt32,
    acknowledgement: UInt32 = 0, flags: UInt8 = 16
) -> [UInt8] {
    let (source, destination) = (Endpoint(source)!, Endpoint(destination)!)
    var header = big(source.port, destination.port)
    header += big(UInt16(sequence >> 16), UInt16(truncatingIfNeeded: sequence))
    header += big(UInt16(acknowledgement >> 16), UInt16(truncatingIfNeeded: acknowledgement))
    header += [0x50, flags] + big(65535, 0xbad0, 0)
    return packet(6, header + data, source.address, destination.address)
}

/// The same of text.
func datagram(_ text: String, from source: String, to destination: String) -> [UInt8] {
    datagram(Array(text.utf8), from: source, to: destination)
}

/// The same of text.
func segment(
    _ text: String, from source: String, to destination: String, sequence: UInt32, acknowledgement: UInt32 = 0,
    flags: UInt8 = 16
) -> [UInt8] {
    segment(
        Array(text.utf8), from: source, to: destination, sequence: sequence, acknowledgement: acknowledgement,
        flags: flags)
}

private func packet(_ number: UInt8, _ data: [UInt8], _ source: IPv4Address, _ destination: IPv4Address) -> [UInt8] {
    var bytes = big(0x4500, UInt16(20 + data.count), 0, 0) + [64, number] + big(0)
    for address in [source, destination] { bytes += (0..<4).map { address.octet($0) } }
    return bytes + data
}

private func big(_ numbers: UInt16...) -> [UInt8] {
    numbers.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
}

private func little(_ numbers: UInt32...) -> [UInt8] {
    numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
}

extension [UInt8] {
    /// An IPv4 packet as fragments with so many octets each, a multiple of eight, of one number.
    func fragments(of octets: Int) -> [[UInt8]] {
        let data = self[20...]
        return stride(from: 0, to: data.count, by: octets).map { offset in
            let part = data.dropFirst(offset).prefix(octets)
            var header = Array(self[..<20])
            header.replaceSubrange(2..<4, with: big(UInt16(20 + part.count)))
            let more: UInt16 = offset + octets < data.count ? 0x2000 : 0
            header.replaceSubrange(4..<8, with: big(7, more | UInt16(offset / 8)))
            return header + part
        }
    }
}
