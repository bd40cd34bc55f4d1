import PlainMemory
import Synchronization
import WireFormats

/// Which inside endpoint stands behind each public endpoint of media, for all workers: whoever meets one in a session
/// description from outside can tell what it is inside, also if it is another worker's. So it is for phones that another
/// host has registered: what comes to them is for the worker that hears them.
///
/// Invariant: each word has one writer, the worker to whose slice the port belongs; it is read and written whole.
@safe public struct PublicEndpoints: Sendable {
    /// The memory, which must outlive every copy of `endpoints`.
    public final class Table: Sendable {
        /// What workers have of it.
        public let endpoints: PublicEndpoints

        /// Room for the ports of `range` on every address.
        public init(_ addresses: [IPv4Address], _ range: ClosedRange<UInt16>) {
            unsafe endpoints = PublicEndpoints(
                words: .allocate(capacity: addresses.count * range.count),
                addresses: .allocate(capacity: addresses.count), addressCount: addresses.count,
                first: range.lowerBound, count: range.count)
            // Safe: as many are allocated as are initialised.
            unsafe UnsafeMutableRawPointer(endpoints.words).initializeMemory(
                as: UInt64.self, repeating: 0, count: addresses.count * range.count)
            for (index, address) in addresses.enumerated() {
                unsafe (endpoints.addresses + index).initialize(to: address)
            }
        }

        deinit {
            unsafe endpoints.words.deallocate()
            unsafe endpoints.addresses.deallocate()
        }
    }

    // Safe wherever they are used below: places are checked against the counts, and the table outlives this value.
    private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
    private nonisolated(unsafe) let addresses: UnsafeMutablePointer<IPv4Address>
    private let addressCount: Int
    private let first: UInt16
    private let count: Int

    private init(
        words: UnsafeMutablePointer<Atomic<UInt64>>, addresses: UnsafeMutablePointer<IPv4Address>, addressCount: Int,
        first: UInt16, count: Int
    ) {
        unsafe self.words = words
        unsafe self.addresses = addresses
        self.addressCount = addressCount
        self.first = first
        self.count = count
    }

    /// The inside endpoint behind a public one; nil if that is none of the gateway's, or stands for no media.
    @_noLocks
    func inside(of endpoint: Endpoint) -> Endpoint? { find(endpoint, mark: 0) }

    /// The phone behind a public endpoint that another inside host has registered it by; nil if there is none.
    @_noLocks
    func phone(at endpoint: Endpoint) -> Endpoint? { find(endpoint, mark: PublicEndpoints.phone) }

    /// Marks the words of phones, above address and port.
    private static var phone: UInt64 { @_noLocks get { 1 &<< 48 } }

    @_noLocks
    private func find(_ endpoint: Endpoint, mark: UInt64) -> Endpoint? {
        guard let place = place(of: endpoint) else { return nil }
        let word = unsafe words[place].load(ordering: .relaxed)
        guard word != 0, word & PublicEndpoints.phone == mark else { return nil }
        return Endpoint(IPv4Address(UInt32(truncatingIfNeeded: word >> 16)), UInt16(truncatingIfNeeded: word))
    }

    /// Whether an address is one of the gateway's public ones.
    @_noLocks
    func isPublic(_ address: IPv4Address) -> Bool {
        for index in 0..<addressCount where unsafe addresses[index] == address { return true }
        return false
    }

    /// Says what media a public endpoint of the caller's own slice stands for; nil: nothing.
    @_noLocks
    func set(_ endpoint: Endpoint, to inside: Endpoint?) {
        store(endpoint, inside.map { UInt64($0.address.value) << 16 | UInt64($0.port) } ?? 0)
    }

    /// Says that another host than the phone itself has registered it by a public endpoint of the caller's own slice.
    @_noLocks
    func set(_ endpoint: Endpoint, toPhone inside: Endpoint) {
        store(endpoint, PublicEndpoints.phone | UInt64(inside.address.value) << 16 | UInt64(inside.port))
    }

    @_noLocks
    private func store(_ endpoint: Endpoint, _ word: UInt64) {
        guard let place = place(of: endpoint) else { return }
        unsafe words[place].store(word, ordering: .relaxed)
    }

    @_noLocks
    private func place(of endpoint: Endpoint) -> Int? {
        let offset = Int(endpoint.port) &- Int(first)
        guard offset >= 0, offset < count else { return nil }
        for index in 0..<addressCount where unsafe addresses[index] == endpoint.address {
            return index &* count &+ offset
        }
        return nil
    }
}
