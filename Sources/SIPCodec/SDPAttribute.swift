// Which attributes a gateway acts on. Names are compared as `CaselessName` gives them, eight letters at a time.

import TextFormats

/// An attribute that a gateway acts on.
struct SDPAttribute {
    let kind: SDPLine.Kind
    /// What stands behind its name and the colon.
    let value: Range<Int>

    /// Reads what stands behind "a=" in `range` of `bytes`; nil when it is none that a gateway acts on.
    @_noLocks
    init?(_ bytes: borrowing RawSpan, _ range: Range<Int>) {
        var name = CaselessName(range)
        let known: SDPLine.Kind
        switch name.next(in: bytes) {
        case 0x7274_6370_0000_0000: known = .rtcp
        case 0x7274_6370_2D6D_7578:  // rtcp-mux
            switch name.next(in: bytes) {
            case 0: known = .rtcpMux
            case 0x2D6F_6E6C_7900_0000: known = .rtcpMuxOnly
            default: return nil
            }
        case 0x6361_6E64_6964_6174 where name.ends(with: 0x6500_0000_0000_0000, in: bytes): known = .candidate
        case 0x7265_6D6F_7465_2D63 where name.ends(with: 0x616E_6469_6461_7465, 0x7300_0000_0000_0000, in: bytes):
            known = .remoteCandidates
        case 0x656E_642D_6F66_2D63 where name.ends(with: 0x616E_6469_6461_7465, 0x7300_0000_0000_0000, in: bytes):
            known = .endOfCandidates
        case 0x6963_652D_6C69_7465 where name.ends(with: 0, in: bytes): known = .iceLite
        case let letters where letters >> 32 == 0x6963_652D: known = .ice  // ice-
        case 0x7365_6E64_7265_6376 where name.ends(with: 0, in: bytes): known = .sendReceive
        case 0x7365_6E64_6F6E_6C79 where name.ends(with: 0, in: bytes): known = .sendOnly
        case 0x7265_6376_6F6E_6C79 where name.ends(with: 0, in: bytes): known = .receiveOnly
        case 0x696E_6163_7469_7665 where name.ends(with: 0, in: bytes): known = .inactive
        case 0x7365_7475_7000_0000: known = .setup
        case 0x6772_6F75_7000_0000: known = .bundle  // group: which kind is told below
        case 0x6275_6E64_6C65_2D6F where name.ends(with: 0x6E6C_7900_0000_0000, in: bytes): known = .bundleOnly
        case 0x6D69_6400_0000_0000: known = .mid
        case 0x6372_7970_746F_0000: known = .crypto
        case 0x6669_6E67_6572_7072 where name.ends(with: 0x696E_7400_0000_0000, in: bytes): known = .fingerprint
        case 0x7061_7468_0000_0000: known = .path
        default: return nil
        }
        kind = known
        value = name.argument(in: bytes)
        if case .bundle = known {
            var semantics = CaselessName(value)
            guard semantics.next(in: bytes) == 0x6275_6E64_6C65_0000 else { return nil }
        }
    }
}
