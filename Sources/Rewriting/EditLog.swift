import WireFormats

/// A place where bytes of the source were replaced by others of another length.
struct Edit: BitwiseCopyable {
    /// Where the replaced bytes stood, in the source's numbers.
    var source: SequenceNumber
    /// How many they were; 0 where nothing of the source's was, and the replacement was put in.
    var sourceLength: Int
    /// Where the replacement stands, in the target's numbers.
    var target: SequenceNumber
    /// How many octets it has; may be 0.
    var targetLength: Int

    @_noLocks
    init(source: SequenceNumber, sourceLength: Int, target: SequenceNumber, targetLength: Int) {
        self.source = source
        self.sourceLength = sourceLength
        self.target = target
        self.targetLength = targetLength
    }

    var sourceEnd: SequenceNumber { @_noLocks get { source.advanced(by: sourceLength) } }
    var targetEnd: SequenceNumber { @_noLocks get { target.advanced(by: targetLength) } }
    var growth: Int { @_noLocks get { targetLength &- sourceLength } }
}

/// The edits of one direction that the target has not acknowledged, and with them the mapping between the numbers of
/// the source and those of the target (RFC 2663 section 7.1 asks for it on every later packet).
///
/// Invariants: edits are in order and do not overlap; `base` is target minus source before the first of them, and
/// edits acknowledged as a whole are folded into it. An edit is atomic: a position within it maps to one of its ends.
/// Replacements of equal length are not logged, since they shift nothing. When the log is full its last two edits
/// become one that spans both: coarser, never wrong, so the log cannot overflow. (What only looks is `mutating` for the
/// reason that `Stream` gives.)
struct EditLog: BitwiseCopyable {
    /// Which end of an edit a position within it maps to.
    enum Rounding { case down, up }

    @inline(__always) static var capacity: Int { @_noLocks get { 16 } }
    private var edits = [16 of Edit](
        repeating: Edit(source: SequenceNumber(0), sourceLength: 0, target: SequenceNumber(0), targetLength: 0))
    private var count = 0
    private var base = 0

    @_noLocks
    init() {}

    /// Records that the bytes from `source` on were replaced by those from `target` on.
    @_noLocks
    mutating func append(_ edit: Edit) {
        guard edit.growth != 0 else { return }
        if count == EditLog.capacity {
            let first = edits[count &- 2]
            let second = edits[count &- 1]
            edits[count &- 2].sourceLength = first.source.distance(to: second.sourceEnd)
            edits[count &- 2].targetLength = first.target.distance(to: second.targetEnd)
            count &-= 1
        }
        edits[count] = edit
        count &+= 1
    }

    /// The target's number for a position of the source.
    @_noLocks
    mutating func target(of position: SequenceNumber, _ rounding: Rounding) -> SequenceNumber {
        var shift = base
        for index in 0..<count {
            let edit = edits[index]
            if position <= edit.source { break }
            if position < edit.sourceEnd { return rounding == .down ? edit.target : edit.targetEnd }
            shift &+= edit.growth
        }
        return position.advanced(by: shift)
    }

    /// The source's number for a position of the target.
    @_noLocks
    mutating func source(of position: SequenceNumber, _ rounding: Rounding) -> SequenceNumber {
        var shift = base
        for index in 0..<count {
            let edit = edits[index]
            if position < edit.targetEnd {
                if position <= edit.target { break }
                return rounding == .down ? edit.source : edit.sourceEnd
            }
            shift &+= edit.growth
        }
        return position.advanced(by: 0 &- shift)
    }

    /// Folds the edits that lie before what the target has acknowledged.
    @_noLocks
    mutating func forget(before acknowledged: SequenceNumber) {
        var gone = 0
        while gone < count, edits[gone].targetEnd <= acknowledged {
            base &+= edits[gone].growth
            gone &+= 1
        }
        guard gone > 0 else { return }
        for index in gone..<count { edits[index &- gone] = edits[index] }
        count &-= gone
    }
}
