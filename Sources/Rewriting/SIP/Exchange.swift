import WireFormats

/// An offer and its answer (RFC 3264), or a BYE, named by the request that began it: an INVITE may have brought the offer, or
/// asked for one; PRACK and UPDATE bring theirs. Requests of one side have ascending numbers, so that what is repeated, or comes
/// late, is told from what is new.
struct Exchange: BitwiseCopyable {
    private let mark: UInt64

    /// None.
    @_noLocks
    init() { mark = 0 }

    /// That of a request of a side.
    @_noLocks
    init(_ requester: Side, isInvite: Bool, number: UInt32) {
        mark = 1 << 63 | UInt64(number) << 2 | UInt64(requester.rawValue) << 1 | (isInvite ? 1 : 0)
    }

    /// Which of the four kinds it is, by its requester and whether that sent an INVITE.
    var kind: Int { @_noLocks get { Int(truncatingIfNeeded: mark & 3) } }

    /// Whether it began after another one of its kind, of which there may be none.
    @_noLocks
    func isNewer(than other: Exchange) -> Bool { mark > other.mark }

    /// Whether both are the same.
    @_noLocks
    static func == (left: Exchange, right: Exchange) -> Bool { left.mark == right.mark }
}
