import PlainMemory
import SIPCodec
import WireFormats

/// What a session description says of addresses and ports, read once into plain memory that is used again and again.
///
/// Invariant: the first `mediaCount` media and `candidateCount` candidates are those of the description last read; all
/// ranges lie in it.
struct SessionDescription: ~Copyable {
    /// An IPv4 address and where it stands; `isThere` is false where there is none, or one of another kind, which nobody
    /// translates.
    struct Address: BitwiseCopyable {
        var value = IPv4Address(0)
        var start: UInt32 = 0
        var end: UInt32 = 0
        var isThere = false

        @_noLocks
        init() {}

        @_noLocks
        init(_ address: SDPAddress) {
            guard case .ipv4(let value) = address.kind else { return }
            self.value = value
            start = UInt32(truncatingIfNeeded: address.range.lowerBound)
            end = UInt32(truncatingIfNeeded: address.range.upperBound)
            isThere = true
        }

        var range: Range<Int> { @_noLocks get { Int(start)..<Int(end) } }
    }

    /// A port and where it stands.
    struct Port: BitwiseCopyable {
        var number: UInt16 = 0
        var start: UInt32 = 0
        var end: UInt32 = 0

        @_noLocks
        init() {}

        @_noLocks
        init(_ port: SDPPort) {
            number = port.number
            start = UInt32(truncatingIfNeeded: port.range.lowerBound)
            end = UInt32(truncatingIfNeeded: port.range.upperBound)
        }

        var range: Range<Int> { @_noLocks get { Int(start)..<Int(end) } }
    }

    /// An m= line and what belongs to it.
    struct Media: BitwiseCopyable {
        var port = Port()
        /// How many ports there are, of each two or of each one, from that one on.
        var portCount = 1
        /// Whether it is carried by UDP, whether by TCP, and whether by RTP with RTCP beside it.
        var isDatagram = false
        var isStream = false
        var isRTP = false
        /// The first payload type of RTP, and its clock rate in Hz; 0 while that is not known.
        var payloadType: UInt8?
        var clockRate: UInt32 = 0
        /// Its own c= line, and what that says if it names another kind of address.
        var connection = Address()
        var hasConnection = false
        /// a=rtcp.
        var control = Port()
        var controlAddress = Address()
        var hasControl = false
        var isMultiplexed = false
        /// Whether nothing is to be sent to this end for now, or nothing comes from it.
        var isHeld = false
        var firstCandidate = 0
        var candidateCount = 0

        @_noLocks
        init() {}
    }

    /// What only few m= lines have to say: those of TCP, and those of several ports.
    struct Particulars: BitwiseCopyable {
        /// Who opens the connection; nil where that is not said.
        var setup: SDPSetup?
        /// Where the URIs of MSRP stand.
        var pathStart = 0
        var pathEnd = 0
        /// Whether those only name the session, because the connection leads to where m= and c= say (RFC 6714).
        var isAnchored = false
        /// Where the field ends that begins with the port.
        var portsEnd = 0

        @_noLocks
        init() {}

        var path: Range<Int> {
            @_noLocks get { pathStart..<pathEnd }
            @_noLocks set { (pathStart, pathEnd) = (newValue.lowerBound, newValue.upperBound) }
        }
    }

    /// An address that ICE may try, of UDP and IPv4.
    struct Candidate: BitwiseCopyable {
        var address = Address()
        var port = Port()
        /// 1 for RTP, 2 for RTCP.
        var component = 0

        @_noLocks
        init() {}
    }

    /// The most m= lines that are acted on; others are left as they are.
    static var mediaMax: Int { @_noLocks get { 16 } }

    private(set) var origin = Address()
    /// The c= line of the session.
    private(set) var connection = Address()
    private(set) var mediaCount = 0
    /// Whether it names candidates of the other side.
    private(set) var hasRemoteCandidates = false
    // In memory of their own, because reading one element of an InlineArray of a borrowed value copies all of them.
    private var media: Slots<Media>
    private var particulars: Slots<Particulars>
    private var candidates: Slots<Candidate>
    private var candidateCount = 0
    private var isHeld = false
    private var setup: SDPSetup?

    init() throws(TableError) {
        let media = try Slots<Media>(count: SessionDescription.mediaMax)
        let particulars = try Slots<Particulars>(count: SessionDescription.mediaMax)
        let candidates = try Slots<Candidate>(count: 64)
        self.media = media
        self.particulars = particulars
        self.candidates = candidates
    }

    /// An m= line, from 0 to `mediaCount`.
    subscript(index: Int) -> Media { @_noLocks get { media[index] } }

    /// How many ports an m= line has, of each two or of each one.
    @inline(__always) @_noLocks
    func portCount(of line: Int) -> Int { media[line].portCount }

    /// What an m= line has to say beside that, if it is one of TCP or has several ports.
    @_noLocks
    func particulars(of line: Int) -> Particulars { particulars[line] }

    /// A candidate of an m= line, from 0 to its `candidateCount`.
    @_noLocks
    func candidate(_ index: Int, of line: Int) -> Candidate { candidates[media[line].firstCandidate &+ index] }

    /// Where the media of an m= line go: its own c= line's address, or the session's.
    @_noLocks
    func address(of line: Int) -> Address { media[line].hasConnection ? media[line].connection : connection }

    /// Reads a session description, in which the `known` endpoints' addresses are found at less cost than others.
    @_noLocks
    mutating func read(_ bytes: RawSpan, _ range: Range<Int>, known: borrowing KnownEndpoints) {
        origin = Address()
        connection = Address()
        mediaCount = 0
        candidateCount = 0
        hasRemoteCandidates = false
        isHeld = false
        setup = nil
        var isLine = true
        var reader = SDPReader(range)
        while let line = reader.next(in: bytes) {
            if case .media = line.kind {
                isLine = mediaCount < SessionDescription.mediaMax
                if isLine { begin(bytes, line.value) }
                reader.skipsRTPMaps = !isLine || hasClockRate
            } else if mediaCount == 0 {
                readSession(bytes, line, known)
            } else if isLine {
                readMedia(bytes, line, known)
                if case .rtpmap = line.kind { reader.skipsRTPMaps = hasClockRate }
            }
        }
    }

    /// Whether nothing more is to be learnt of the clock rate of the last m= line: what RFC 3551 has fixed, and the first that
    /// is said, stands.
    private var hasClockRate: Bool {
        @_noLocks get { media[mediaCount &- 1].clockRate != 0 || media[mediaCount &- 1].payloadType == nil }
    }

    @_noLocks
    private mutating func begin(_ bytes: RawSpan, _ value: Range<Int>) {
        var line = Media()
        line.isHeld = isHeld
        line.firstCandidate = candidateCount
        // One that cannot be read keeps its place, so that the lines of both sides are the same ones.
        if let media = SDPMedia(bytes, value) {
            line.port = Port(media.port)
            switch media.transport {
            case .rtp:
                line.isDatagram = true
                line.isRTP = true
                line.payloadType = media.payloadType
                if let type = media.payloadType { line.clockRate = SessionDescription.clockRate(of: type) }
            case .udp: line.isDatagram = true
            case .tcp, .rtpOverTCP:
                line.isStream = true
                if case .rtpOverTCP = media.transport { line.isRTP = true }
                particulars[mediaCount] = Particulars()
                particulars[mediaCount].setup = setup
            case .other: break
            }
            if media.portCount > 1 {
                line.portCount = media.portCount
                particulars[mediaCount].portsEnd = portsEnd(bytes, media)
            }
        }
        media[mediaCount] = line
        mediaCount &+= 1
    }

    /// The clock rate of a payload type whose meaning is fixed (RFC 3551 section 6), in Hz; 0 for all others. G.722 is
    /// sampled twice as often as its clock ticks (section 4.5.2).
    @_noLocks
    private static func clockRate(of payloadType: UInt8) -> UInt32 {
        switch payloadType {
        case 0, 3, 4, 5, 7, 8, 9, 12, 13, 15, 18: 8000
        case 6: 16000
        case 10, 11: 44100
        case 14, 25, 26, 28, 31, 32, 33, 34: 90000
        case 16: 11025
        case 17: 22050
        default: 0
        }
    }

    /// Where the field ends that begins with the port.
    @_noLocks
    private func portsEnd(_ bytes: RawSpan, _ media: SDPMedia) -> Int {
        var end = media.transportText.lowerBound
        while end > media.port.range.upperBound, !bytes.octet(at: end &- 1).isGraphic { end &-= 1 }
        return end
    }

    @_noLocks
    private mutating func readSession(_ bytes: RawSpan, _ line: SDPLine, _ known: borrowing KnownEndpoints) {
        switch line.kind {
        case .origin:
            if let origin = SDPOrigin(bytes, line.value, known: known) { self.origin = Address(origin.address) }
        case .connection:
            if let connection = SDPConnection(bytes, line.value, known: known) {
                self.connection = Address(connection.address)
            }
        case .sendOnly, .inactive: isHeld = true
        case .setup: setup = SDPSetup(bytes, line.value)
        default: break
        }
    }

    @inline(__always) @_noLocks
    private mutating func readMedia(_ bytes: RawSpan, _ line: SDPLine, _ known: borrowing KnownEndpoints) {
        let index = mediaCount &- 1
        switch line.kind {
        case .connection:
            media[index].hasConnection = true
            if let connection = SDPConnection(bytes, line.value, known: known) {
                media[index].connection = Address(connection.address)
            }
        case .rtcp:
            guard let control = SDPControlPort(bytes, line.value) else { return }
            media[index].control = Port(control.port)
            media[index].hasControl = true
            if let address = control.address { media[index].controlAddress = Address(address) }
        case .rtpmap:
            guard !hasClockRate, let map = SDPRTPMap(bytes, line.value), map.payloadType == media[index].payloadType
            else { return }
            media[index].clockRate = map.clockRate
        case .rtcpMux, .rtcpMuxOnly: media[index].isMultiplexed = true
        case .sendOnly, .inactive: media[index].isHeld = true
        case .sendReceive, .receiveOnly: media[index].isHeld = false
        case .candidate: readCandidate(bytes, line.value, index)
        case .remoteCandidates: hasRemoteCandidates = true
        case .setup where media[index].isStream: particulars[index].setup = SDPSetup(bytes, line.value)
        case .path where media[index].isStream: particulars[index].path = line.value
        case .cema where media[index].isStream: particulars[index].isAnchored = true
        default: break
        }
    }

    @_noLocks
    private mutating func readCandidate(_ bytes: RawSpan, _ value: Range<Int>, _ index: Int) {
        guard candidateCount < candidates.count, let read = SDPCandidate(bytes, value), case .udp = read.transport
        else { return }
        var candidate = Candidate()
        candidate.address = Address(read.address)
        candidate.port = Port(read.port)
        candidate.component = read.component
        guard candidate.address.isThere, candidate.port.number != 0 else { return }
        candidates[candidateCount] = candidate
        candidateCount &+= 1
        media[index].candidateCount &+= 1
    }
}
