import CPcap

/// A file of captured frames, pcap or pcapng, which is read from its beginning to its end.
public final class Capture {
    private let file: String
    private let handle: OpaquePointer
    private let link: LinkType
    /// How many frames were read.
    public private(set) var count = 0

    /// Opens a file; `-` is standard input.
    public init(contentsOf file: String) throws(CaptureError) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
        guard let handle = pcap_open_offline_with_tstamp_precision(file, precision, &reason) else {
            let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw CaptureError(
                file, "cannot be read as a capture: \(String(decoding: bytes, as: UTF8.self))",
                advice: "`tcpdump -w FILE` and Wireshark write pcap and pcapng, which can be read")
        }
        guard let link = LinkType(pcap_datalink(handle)) else {
            let name = pcap_datalink_val_to_name(pcap_datalink(handle)).map { String(cString: $0) }
            pcap_close(handle)
            throw CaptureError(
                file, "has frames of link type \(name ?? "unknown")",
                advice: "capture on an Ethernet interface, or with `tcpdump -i any`")
        }
        self.file = file
        self.handle = handle
        self.link = link
    }

    deinit { pcap_close(handle) }

    /// The next frame; nil at the end.
    public func next() throws(CaptureError) -> CapturedFrame? {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        let outcome = pcap_next_ex(handle, &header, &data)
        guard outcome == 1, let header = header?.pointee, let data else {
            if outcome == PCAP_ERROR_BREAK { return nil }
            throw CaptureError(
                file, "ends in frame \(count + 1): \(String(cString: pcap_geterr(handle)))",
                advice: "what stands before it was read; capture anew, and end tcpdump by SIGINT")
        }
        count += 1
        return CapturedFrame(
            number: count, time: UInt64(header.ts.tv_sec) * 1_000_000_000 + UInt64(header.ts.tv_usec),
            bytes: link.ethernet(UnsafeBufferPointer(start: data, count: Int(header.caplen))),
            missing: Int(header.len) - Int(header.caplen))
    }
}
