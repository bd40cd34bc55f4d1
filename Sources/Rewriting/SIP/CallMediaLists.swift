/// Where the media and the streams of a call begin in the tables, and how many it has.
struct CallMediaLists: BitwiseCopyable {
    /// The most that one call may have: a dialog more, or one more port, is refused then. So is bounded what one message can
    /// cause, and how much of the tables one call can take.
    static var mediaMax: Int { @_noLocks get { 128 } }
    /// As above.
    static var streamMax: Int { @_noLocks get { 64 } }
    /// As above.
    static var legMax: Int { @_noLocks get { 256 } }

    /// The first, plus one; 0 for none.
    var media: UInt32 = 0
    var streams: UInt32 = 0
    var mediaCount = 0
    var streamCount = 0
    var legCount = 0

    @_noLocks
    init() {}
}
