// One RTP packet (RFC 3550 section 5.1) with sound in G.711 mu-law, and which note it carries.

import Foundation

/// What the lab reads of an RTP packet.
public struct RTPPacket: Sendable {
    /// The synchronization source: one for each sender in each call.
    public let source: UInt32
    public let sequence: UInt16
    /// What follows the header.
    public let sound: ArraySlice<UInt8>

    /// - Returns: nil for what is not version 2 and PCMU (payload type 0, RFC 3551), such as RTCP.
    init?(_ bytes: [UInt8]) {
        guard bytes.count > 12, bytes[0] >> 6 == 2, bytes[1] & 0x7f == 0 else { return nil }
        let header = 12 + 4 * Int(bytes[0] & 0x0f)
        guard bytes.count > header else { return nil }
        sequence = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        source = bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) }
        sound = bytes[header...]
    }

    /// Whether a note, in Hz, makes up nine tenths of the sound's energy: the coefficient of the Fourier transform at
    /// that frequency, against the sum of the squares.
    public func carries(_ note: Int) -> Bool {
        var (real, imaginary, energy) = (0.0, 0.0, 0.0)
        for (time, code) in sound.enumerated() {
            let amplitude = RTPPacket.amplitude(code)
            let phase = 2 * Double.pi * Double(note) * Double(time) / 8000
            real += amplitude * cos(phase)
            imaginary += amplitude * sin(phase)
            energy += amplitude * amplitude
        }
        return energy > 0 && 2 * (real * real + imaginary * imaginary) > 0.9 * energy * Double(sound.count)
    }

    /// ITU-T G.711: sign, exponent and mantissa, all inverted; 33 is the bias.
    private static func amplitude(_ code: UInt8) -> Double {
        let bits = ~code
        let magnitude = (Int(bits & 0x0f) * 2 + 33) << Int(bits >> 4 & 7) - 33
        return Double(bits & 0x80 == 0 ? magnitude : -magnitude)
    }
}
