import CSteering
import CXDP
import Glibc

/// What packets look up by a number, mapped into this process: links, ways out, services.
@safe public struct Tables: Sendable {
    /// A `steering_tables`. Valid while the `SteeringMaps` that it came from lives; the kernel only reads it.
    private nonisolated(unsafe) let tables: UnsafeMutableRawPointer

    private static var size: Int { Int(steering_tables_size()) }

    init(map descriptor: Int32) throws(SetupError) {
        unsafe tables = try mapped(descriptor, size: Self.size, "tables")
    }

    func unmap() { unsafe munmap(tables, Self.size) }

    /// Which traffic to a port is steered: the bits of `steering_service`, by the port in host byte order.
    public subscript(services port: UInt16) -> UInt8 {
        // There is one for each port.
        get { unsafe steering_services(tables, port).pointee }
        nonmutating set { unsafe steering_services(tables, port).pointee = newValue }
    }

    /// Makes a port of the block, in host byte order, a binding, or none again: UDP from outside to it and a public
    /// address is steered whatever its source port. Only the worker that the port belongs to calls this.
    @_noLocks
    public func setBinding(_ port: UInt16, _ isBound: Bool) { set(STEERING_SERVICE_BINDING, of: port, isBound) }

    /// The same for a contact, and TCP.
    @_noLocks
    public func setContact(_ port: UInt16, _ isContact: Bool) { set(STEERING_SERVICE_CONTACT, of: port, isContact) }

    @_noLocks
    private func set(_ service: steering_service, of port: UInt16, _ isSet: Bool) {
        let bit = UInt8(service.rawValue)
        // There is one for each port.
        let bits = unsafe steering_services(tables, port)
        unsafe bits.pointee = isSet ? bits.pointee | bit : bits.pointee & ~bit
    }

    /// Whether a port of the block, in host byte order, is a binding, whichever worker's.
    @_noLocks
    public func isBinding(_ port: UInt16) -> Bool {
        // There is one for each port.
        unsafe steering_services(tables, port).pointee & UInt8(STEERING_SERVICE_BINDING.rawValue) != 0
    }

    /// Has what comes to a public port of media, in host byte order, without a flow brought to the workers, or not. As
    /// `setBinding`.
    @_noLocks
    public func setAwaited(_ port: UInt16, _ isAwaited: Bool) {
        set(STEERING_SERVICE_MEDIA, of: port, isAwaited)
    }

    /// Whether it is.
    @_noLocks
    public func isAwaited(_ port: UInt16) -> Bool {
        // There is one for each port.
        unsafe steering_services(tables, port).pointee & UInt8(STEERING_SERVICE_MEDIA.rawValue) != 0
    }

    /// The untagged link of a card, by the card's interface number, which is below `STEERING_CARDS_MAX`. One with
    /// interface number 0 is none.
    public subscript(card card: UInt32) -> steering_link {
        get {
            precondition(card < STEERING_CARDS_MAX.rawValue)
            return unsafe steering_card(tables, card).pointee
        }
        nonmutating set {
            precondition(card < STEERING_CARDS_MAX.rawValue)
            let place = unsafe steering_card(tables, card)
            var link = newValue
            link.ifindex = 0  // Not there while it is being written.
            unsafe place.pointee = link
            unsafe place.pointee.ifindex = newValue.ifindex
        }
    }

    /// A way out, by its number, which is below `STEERING_EXITS_MAX`.
    public subscript(exit number: UInt32) -> steering_exit {
        get {
            precondition(number < STEERING_EXITS_MAX.rawValue)
            return unsafe steering_exit_at(tables, number).pointee
        }
        nonmutating set {
            precondition(number < STEERING_EXITS_MAX.rawValue)
            unsafe steering_exit_at(tables, number).pointee = newValue
        }
    }
}
