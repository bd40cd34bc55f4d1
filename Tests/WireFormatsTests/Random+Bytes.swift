import TestSupport

extension Random {
    /// Some bytes: zeros and ones are frequent, since sums and lengths have their corners there.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let kind = Int.random(in: 0..<4, using: &self)
        return (0..<count).map { _ in
            let byte = UInt8.random(in: 0...255, using: &self)
            return switch kind {
            case 0: byte < 200 ? 0x00 : byte
            case 1: byte < 200 ? 0xff : byte
            default: byte
            }
        }
    }
}
