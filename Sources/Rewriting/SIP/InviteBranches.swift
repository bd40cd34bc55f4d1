/// The branches by which INVITEs have come that begin a call (RFC 3261 section 17.2.3), as hashes. A proxy that forks may
/// bring one INVITE to the same host by several, at once or one after the other, and a call has failed when all of them have.
///
/// Invariant: what is noted stands before what is free, which is 0. Beyond four, one that has failed gives way, and else the
/// new one is not noted.
struct InviteBranches: BitwiseCopyable {
    private var branches = [4 of UInt64](repeating: 0)
    /// A bit for each that a final response has refused.
    private var failed: UInt8 = 0

    @_noLocks
    init() {}

    /// Whether an INVITE has come by a branch.
    @_noLocks
    func has(_ branch: UInt64) -> Bool {
        for index in 0..<4 where branches[index] == branch { return true }
        return false
    }

    /// An INVITE has come by a branch, for the first time or again.
    @_noLocks
    mutating func note(_ branch: UInt64) {
        if has(branch) { return }
        for index in 0..<4 where branches[index] == 0 || failed >> UInt8(index) & 1 != 0 {
            branches[index] = branch
            failed &= ~(1 << UInt8(index))
            return
        }
    }

    /// The INVITE of a branch was refused; whether all were.
    @_noLocks
    mutating func refuse(_ branch: UInt64) -> Bool {
        var isOver = true
        for index in 0..<4 where branches[index] != 0 {
            if branches[index] == branch { failed |= 1 << UInt8(index) }
            isOver = isOver && failed >> UInt8(index) & 1 != 0
        }
        return isOver
    }
}
