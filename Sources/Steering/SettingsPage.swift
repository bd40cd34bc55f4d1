import CSteering
import CXDP
import Glibc

/// The program's settings, mapped into this process: a store here is seen by the next packet.
///
/// Every number is an aligned word that one store writes. Members that belong together (the port block, a link) are
/// written before the program needs them.
@safe public struct SettingsPage: Sendable {
    /// Valid while the `SteeringMaps` that it came from lives; shared with the kernel, which only reads it.
    @usableFromInline nonisolated(unsafe) let settings: UnsafeMutablePointer<steering_settings>

    init(map descriptor: Int32) throws(SetupError) {
        let area = unsafe try mapped(descriptor, size: MemoryLayout<steering_settings>.size, "settings")
        // The map's one entry stands at the beginning of its pages.
        unsafe settings = area.assumingMemoryBound(to: steering_settings.self)
    }

    func unmap() { unsafe munmap(settings, MemoryLayout<steering_settings>.size) }

    /// The time in seconds, by any clock that starts at 0 or later and never goes back. Flows and pinholes age by it.
    /// One thread sets it.
    @inlinable public var tick: UInt32 {
        // The page is mapped, see `settings`.
        @_noLocks get { unsafe settings.pointee.tick }
        @_noLocks nonmutating set { unsafe settings.pointee.tick = newValue }
    }

    /// Makes the program ask again what it remembers of the kernel's tables and its own: the next hops of flows, and
    /// which services lead outside. To be called after a change of either; any thread may.
    public func renew() {
        // An aligned word of the page. 0 would never count as current: then once more.
        if unsafe sp_atomic_add(&settings.pointee.generation, 1) == 0 {
            unsafe sp_atomic_add(&settings.pointee.generation, 1)
        }
    }

    /// Another number after each `renew`.
    @inlinable public var generation: UInt32 {
        // The page is mapped, see `settings`.
        @_noLocks get { unsafe settings.pointee.generation }
    }

    /// Whether steered traffic of a queue that no worker serves passes to the kernel; otherwise it is dropped.
    public var passesWhenDown: Bool {
        get { unsafe settings.pointee.when_down == XDP_PASS.rawValue }
        nonmutating set { unsafe settings.pointee.when_down = (newValue ? XDP_PASS : XDP_DROP).rawValue }
    }

    /// The gateway's block of public ports, host byte order; 0...0 without NAT.
    public var ports: ClosedRange<UInt16> {
        get { unsafe settings.pointee.port_first...max(settings.pointee.port_first, settings.pointee.port_last) }
        nonmutating set {
            unsafe settings.pointee.port_first = newValue.lowerBound
            unsafe settings.pointee.port_last = newValue.upperBound
        }
    }

    /// The DSCP that media leave with, 0 to 63; nil: the one that they came with.
    public var mediaDSCP: UInt8? {
        get {
            let field = unsafe settings.pointee.media_tos
            return field == 0 ? nil : UInt8(truncatingIfNeeded: field) >> 2
        }
        nonmutating set {
            let field = newValue.map { STEERING_MEDIA_MARKED.rawValue | UInt32($0) << 2 }
            unsafe settings.pointee.media_tos = field ?? 0
        }
    }

    /// The most that a stream may carry in a direction, in bits of IP packets a second, from 8000 on; nil: there is no such
    /// limit. It may be half a second ahead.
    public var mediaRate: UInt64? {
        get {
            let time = unsafe settings.pointee.media_byte_time
            return time == 0 ? nil : 8 * 256 * 1_000_000_000 / UInt64(time)
        }
        nonmutating set {
            let time = newValue.map { UInt32(8 * 256 * 1_000_000_000 / $0) }
            unsafe settings.pointee.media_byte_time = time ?? 0
        }
    }

    /// The logarithm of the number of filter cells, as the program wants it.
    var filterShift: UInt32 {
        get { unsafe settings.pointee.filter_shift }
        nonmutating set { unsafe settings.pointee.filter_shift = newValue }
    }
}

/// The pages of an array map that allows it.
func mapped(_ descriptor: Int32, size: Int, _ name: String) throws(SetupError) -> UnsafeMutableRawPointer {
    guard let area = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
        unsafe area != MAP_FAILED
    else { throw SetupError("mmap", of: "map \(name)", code: errno) }
    return unsafe area
}
