import CPcap

/// What stands before the IP packet in the frames of a capture.
enum LinkType {
    /// Ethernet.
    case ethernet
    /// Linux's cooked header, of the interface `any`: version 1 or 2.
    case cooked, cooked2
    /// Nothing.
    case raw

    /// By libpcap's number; nil for all others.
    init?(_ number: Int32) {
        switch number {
        case DLT_EN10MB: self = .ethernet
        case DLT_LINUX_SLL: self = .cooked
        case DLT_LINUX_SLL2: self = .cooked2
        case DLT_RAW, DLT_IPV4: self = .raw
        default: return nil
        }
    }

    /// A frame with an Ethernet header in place of its own; of addresses nobody asks.
    func ethernet(_ frame: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        switch self {
        case .ethernet: return Array(frame)
        case .cooked where frame.count >= 16: return LinkType.header + frame[14...]
        case .cooked2 where frame.count >= 20: return LinkType.header + frame[0..<2] + frame[20...]
        case .raw: return LinkType.header + [0x08, 0x00] + frame
        default: return []
        }
    }

    /// The addresses of an Ethernet header.
    private static let header = [UInt8](repeating: 0, count: 12)
}
