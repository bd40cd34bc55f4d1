import PlainMemory
import Synchronization
import WireFormats

/// Which inside endpoint stands behind each public UDP endpoint, for all workers: whoever meets a public endpoint in a
/// message from outside can tell what it is inside, also if it is another worker's.
///
/// Invariant: each word has one writer, the worker to whose slice the port belongs; it is read and written whole.
public final class PublicEndpoints: Sendable {
    /// What a public endpoint stands for.
    struct Entry: BitwiseCopyable {
        /// The inside endpoint.
        var inside: Endpoint
        /// Whether it receives media, and not signalling.
        var isMedia: Bool
        /// In which places the inside end leaves its port out because it is 5060; see `SIPBinding.portless`.
        var portless: UInt8
    }

    /// All bits 0 for a public endpoint that stands for nothing.
    private let words: Slots<UInt64>
    private let addresses: Slots<IPv4Address>
    private let first: UInt16
    private let count: Int

    /// Room for the ports of `range` on every address.
    public init(_ publicAddresses: [IPv4Address], _ range: ClosedRange<UInt16>) throws(TableError) {
        let words = try Slots<UInt64>(count: publicAddresses.count * range.count)
        var addresses = try Slots<IPv4Address>(count: publicAddresses.count)
        for (index, address) in publicAddresses.enumerated() { addresses[index] = address }
        self.words = words
        self.addresses = addresses
        first = range.lowerBound
        count = range.count
    }

    /// What a public endpoint stands for; nil if it is none of the gateway's, or stands for nothing.
    @_noLocks
    func entry(of endpoint: Endpoint) -> Entry? {
        guard let place = place(of: endpoint) else { return nil }
        // Safe: the place is within the words; an atomic number is laid out as a plain one.
        let word = unsafe atomic(place).pointee.load(ordering: .relaxed)
        guard word != 0 else { return nil }
        return Entry(
            inside: Endpoint(
                IPv4Address(UInt32(truncatingIfNeeded: word >> 32)), UInt16(truncatingIfNeeded: word >> 16)),
            isMedia: word & 0x100 != 0, portless: UInt8(truncatingIfNeeded: word))
    }

    /// Says what a public endpoint of the caller's own slice stands for.
    @_noLocks
    func set(_ endpoint: Endpoint, to entry: Entry?) {
        guard let place = place(of: endpoint) else { return }
        var word: UInt64 = 0
        if let entry {
            word = UInt64(entry.inside.address.value) << 32 | UInt64(entry.inside.port) << 16
            word |= (entry.isMedia ? 0x100 : 0) | UInt64(entry.portless)
        }
        // Safe: as above.
        unsafe atomic(place).pointee.store(word, ordering: .relaxed)
    }

    @_noLocks
    private func place(of endpoint: Endpoint) -> Int? {
        let offset = Int(endpoint.port) &- Int(first)
        guard offset >= 0, offset < count else { return nil }
        for index in 0..<addresses.count where addresses[index] == endpoint.address {
            return index &* count &+ offset
        }
        return nil
    }

    @unsafe @_noLocks
    private func atomic(_ place: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe UnsafeMutableRawPointer(words.base + place).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}
