import WireFormats

/// One m= line of one dialog of a call: both ends of it, and the public ports of the inside one.
///
/// The outside's tag tells dialogs apart: an INVITE that is forked outside has several, and their answers share the port
/// that the offer announced. The media of an offer that no outside tag is known for yet have tag 0; each answer makes a
/// copy of them.
///
/// What an offer says is `offered` until the answer comes; until then, and if the offer fails, the ends stay as they are
/// (RFC 3264 section 8).
struct CallMedia: BitwiseCopyable {
    /// The number of its call; 0 while the slot is free.
    var call: UInt32 = 0
    /// The next media of the call, plus one.
    var next: UInt32 = 0
    /// The hash of the outside's tag, or 0.
    var tag: UInt64 = 0
    /// Which m= line it is, and of several pairs of ports, which of them: that many times the most m= lines more.
    var line: UInt8 = 0
    /// Whether the dialog was confirmed by a 2xx.
    var isConfirmed = false
    /// When it is forgotten because another dialog was confirmed instead (RFC 3261 section 13.2.2.4), or 0.
    var forgotten: UInt64 = 0
    /// What each side has, and what it has offered, by the side's number.
    var ends = [2 of MediaEnd](repeating: MediaEnd())
    var offered = [2 of MediaEnd](repeating: MediaEnd())
    /// The exchange in which each side has offered something that is not answered yet.
    var pending = [2 of Exchange](repeating: Exchange())
    /// The exchange that was answered last, and the last of each kind that was answered, or failed.
    var answered = Exchange()
    var over = [4 of Exchange](repeating: Exchange())
    /// The streams of the inside end as it is and as it was offered, plus one; 0 for none.
    var stream: UInt32 = 0
    var offeredStream: UInt32 = 0

    @_noLocks
    init() {}

    /// Which m= line it is.
    var mediaLine: UInt8 { @_noLocks get { line % UInt8(truncatingIfNeeded: SessionDescription.mediaMax) } }

    /// Whether silence is a sign that the call is over: not while either side is on hold, nor of TCP, whose connections may
    /// be silent for hours (RFC 5382 REQ-5) and close when an end has gone.
    var isToBeHeard: Bool {
        @_noLocks get {
            guard case .udp = ends[0].transport else { return false }
            return !ends[0].isHeld && !ends[1].isHeld
        }
    }
}
