import CSteering
import CXDP
import Glibc

/// The program's settings, mapped into this process: a store here is seen by the next packet.
///
/// Every member is an aligned word that one store writes. Members that belong together (the port block) are written
/// before the program is attached.
@safe public struct SettingsPage: Sendable {
    /// Valid while the `SteeringMaps` that it came from lives; shared with the kernel, which only reads it.
    @usableFromInline nonisolated(unsafe) let settings: UnsafeMutablePointer<steering_settings>

    static let size = Int(getpagesize())

    init(map descriptor: Int32) throws(SetupError) {
        guard let page = unsafe mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            unsafe page != MAP_FAILED
        else { throw SetupError("mmap", of: "map settings", code: errno) }
        // The map's one entry stands at the beginning of its pages.
        unsafe settings = page.assumingMemoryBound(to: steering_settings.self)
    }

    func unmap() { unsafe munmap(settings, Self.size) }

    /// The time in seconds, by any clock that starts at 0 or later and never goes back. Flows and pinholes age by it.
    @inlinable public var tick: UInt32 {
        // The page is mapped, see `settings`.
        @_noLocks get { unsafe settings.pointee.tick }
        @_noLocks nonmutating set { unsafe settings.pointee.tick = newValue }
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
}
