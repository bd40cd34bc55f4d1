import Testing

/// Frames whose bytes and checksums were made by another program, and agreed to by tcpdump.
struct GoldenFrame: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    /// Where the IPv4 header, the TCP header and its data begin, and where the packet ends.
    let network: Int
    let transport: Int
    let data: Int
    let end: Int

    var testDescription: String { name }

    /// 192.168.1.10:40001 to 203.0.113.21:21: MSS 1460, SACK permitted, timestamps, window scale 7.
    static let syn = GoldenFrame(
        name: "SYN",
        """
        020000000001 020000000002 0800
        4500003c 1c464000 400620ae c0a8010a cb007115
        9c410015 fffffff0 00000000 a002faf0 71240000 020405b4 0402080a 000d41ce 00000000 01030307
        """, network: 14, transport: 34, data: 74, end: 74)

    /// `USER anonymous` of the same connection, VLAN 100, priority 1.
    static let tagged = GoldenFrame(
        name: "data behind one VLAN tag",
        """
        020000000001 020000000002 81002064 0800
        45000038 1c464000 3f0621b2 c0a8010a cb007115
        9c410015 fffffff1 12345678 501801f6 232d0000
        55534552 20616e6f 6e796d6f 75730d0a
        """, network: 18, transport: 38, data: 58, end: 74)

    /// 203.0.113.21:21 to 198.51.100.7:32768: two SACK blocks behind a router alert, 802.1ad outside 802.1Q, last hop.
    static let twiceTagged = GoldenFrame(
        name: "SACK and an IP option behind two VLAN tags",
        """
        020000000001 020000000002 88a800c8 81002064 0800
        46000040 1c460000 0106a21d cb007115 c6336407 94040000
        00158000 12345678 00000001 a01000e5 09100000 01010512 00000010 00000020 00000030 00000045
        """, network: 22, transport: 46, data: 86, end: 86)

    /// Telnet IP and Synch of a server, urgent; three octets of data, three of padding.
    static let padded = GoldenFrame(
        name: "urgent data in a padded frame",
        """
        020000000001 020000000002 0800
        4500002b 1c464000 400620bf cb007115 c0a8010a
        00159c41 12345678 00000002 503900e5 b9fd0003 fff4f2 aaaaaa
        """, network: 14, transport: 34, data: 54, end: 57)

    /// Of 16 octets of data, the first 4.
    static let firstFragment = GoldenFrame(
        name: "first fragment",
        """
        020000000001 020000000002 0800
        4500002c 1c462000 400640be cb007115 c0a8010a
        00159c41 12345678 00000002 501000e5 7cdb0000 30313233
        """, network: 14, transport: 34, data: 54, end: 58)

    /// The other 12.
    static let lastFragment = GoldenFrame(
        name: "last fragment",
        """
        020000000001 020000000002 0800
        45000020 1c460003 400660c7 cb007115 c0a8010a
        34353637 38396162 63646566
        """, network: 14, transport: 34, data: 34, end: 46)

    static let segments = [syn, tagged, twiceTagged, padded]
    static let packets = segments + [firstFragment, lastFragment]

    private init(name: String, _ hexadecimal: String, network: Int, transport: Int, data: Int, end: Int) {
        self.name = name
        bytes = octets(hexadecimal)
        self.network = network
        self.transport = transport
        self.data = data
        self.end = end
    }

    /// The frame with some of its octets replaced.
    func with(_ octets: UInt8..., at offset: Int) -> [UInt8] {
        var bytes = bytes
        bytes.replaceSubrange(offset..<offset + octets.count, with: octets)
        return bytes
    }
}

/// Octets from hexadecimal digits; white space is left out.
func octets(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
