// Netlink messages (RFC 3549 section 2.2) in a caller's buffer, written and read through libmnl.
//
// Invariant: nothing here outlives the buffer. A `Request` is sent, and a `Message` read, before the buffer's next use.

import CXDP

/// A request while it is written: a header, a fixed body, then attributes.
struct Request {
    let header: UnsafeMutablePointer<nlmsghdr>

    /// Starts a request at the beginning of `buffer`, which has room for every request of this module.
    init<Body>(in buffer: UnsafeMutableRawPointer, type: Int, flags: Int32, body: Body) {
        header = mnl_nlmsg_put_header(buffer)
        header.pointee.nlmsg_type = UInt16(type)
        header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST | flags)
        mnl_nlmsg_put_extra_header(header, MemoryLayout<Body>.size).storeBytes(of: body, as: Body.self)
    }

    /// Appends an attribute of 32 bits; addresses come in network byte order.
    func put(_ type: Int, _ value: UInt32) { mnl_attr_put_u32(header, UInt16(type), value) }
}

/// A message from the kernel.
struct Message {
    let header: UnsafePointer<nlmsghdr>

    var type: Int { Int(header.pointee.nlmsg_type) }
    var isInterrupted: Bool { header.pointee.nlmsg_flags & UInt16(NLM_F_DUMP_INTR) != 0 }

    /// The fixed part that follows the header.
    func body<Body>(as type: Body.Type) -> Body { mnl_nlmsg_get_payload(header).loadUnaligned(as: type) }

    /// What follows the fixed part.
    func attributes<Body>(after body: Body.Type) -> Attributes {
        Attributes(
            next: mnl_nlmsg_get_payload_offset(header, MemoryLayout<Body>.size), end: mnl_nlmsg_get_payload_tail(header)
        )
    }
}

/// One attribute: a type and a value.
struct Attribute {
    let pointer: UnsafePointer<nlattr>

    var type: Int { Int(mnl_attr_get_type(pointer)) }
    var octets: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: mnl_attr_get_payload(pointer), count: Int(mnl_attr_get_payload_len(pointer)))
    }
    var uint8: UInt8 { mnl_attr_get_u8(pointer) }
    var uint16: UInt16 { mnl_attr_get_u16(pointer) }
    var uint32: UInt32 { mnl_attr_get_u32(pointer) }
    var string: String { String(cString: mnl_attr_get_str(pointer)) }
    var nested: Attributes {
        let octets = octets
        return Attributes(next: octets.baseAddress!, end: octets.baseAddress! + octets.count)
    }
}

/// A run of attributes.
struct Attributes: Sequence, IteratorProtocol {
    private var pointer: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(next: UnsafeRawPointer, end: UnsafeRawPointer) {
        pointer = next
        self.end = end
    }

    mutating func next() -> Attribute? {
        let attribute = pointer.assumingMemoryBound(to: nlattr.self)
        guard mnl_attr_ok(attribute, Int32(end - pointer)) else { return nil }
        pointer = UnsafeRawPointer(mnl_attr_next(attribute))
        return Attribute(pointer: attribute)
    }
}
