import SIPCodec
import WireFormats

/// The gateway's view of a TCP connection with SIP: where the next message begins in each direction, and whether that
/// can be known. A message is held until it is whole, and goes on as `SIPGateway` translates it.
struct SIPSession: BitwiseCopyable {
    /// The binding of the connection, or -1.
    private(set) var binding = -1
    private var progress = [2 of StreamProgress](repeating: StreamProgress())
    /// Whether a direction passes unread, because nobody knows where a message begins.
    private var isOpaque = [2 of Bool](repeating: false)

    /// The longest message that is held.
    @inline(__always) private static var messageMax: Int { @_noLocks get { 65535 } }

    /// No session.
    @_noLocks
    init() {}

    /// The session of a connection that has a binding.
    @_noLocks
    init(binding: Int) { self.binding = binding }

    /// Decides about the bytes held in the stream from a side. `isEnd` says that no more will come from it.
    @_noLocks
    mutating func inspect(
        _ bytes: RawSpan, from side: Side, isEnd: Bool, _ surroundings: inout Surroundings, _ gateway: inout SIPGateway
    ) -> Inspection {
        let index = Int(side.rawValue)
        if isOpaque[index] || binding < 0 { return .pass(bytes.byteCount) }
        switch StreamFrame.next(in: bytes, rows: &gateway.rows, progress: &progress[index]) {
        case .incomplete:
            if !isEnd, bytes.byteCount <= SIPSession.messageMax { return .wait }
            return passUnread(bytes, index, gateway)
        case .keepAlive(let length):
            gateway.count(.sipForeign)
            return .pass(length)
        case .defect(_, let length):
            guard let length else { return passUnread(bytes, index, gateway) }
            gateway.count(.sipMalformed)
            return .pass(length)
        case .message(let message):
            switch gateway.translate(bytes, message, from: side, connection: binding, now: surroundings.now) {
            case .refused(let reason):
                gateway.refuse(bytes, message, reason)
                return .answer(message.range.upperBound)
            case .tooLarge: return .replace(message.range.upperBound, length: 0)
            case .done where gateway.splices.count == 0: return .pass(message.range.upperBound)
            case .done:
                let length = surroundings.write(bytes, message.range, changedBy: gateway.splices)
                return .replace(message.range.upperBound, length: length)
            }
        }
    }

    /// Whether the messages from a side are told apart.
    @_noLocks
    func isRead(_ side: Side) -> Bool { !isOpaque[Int(side.rawValue)] }

    @_noLocks
    private mutating func passUnread(_ bytes: RawSpan, _ index: Int, _ gateway: borrowing SIPGateway) -> Inspection {
        gateway.count(.sipStreamsUnread)
        isOpaque[index] = true
        return .pass(bytes.byteCount)
    }

    /// Whether a registration or a call needs the connection.
    @_noLocks
    func isNeeded(_ gateway: borrowing SIPGateway) -> Bool { binding >= 0 && gateway.isNeeded(connection: binding) }

    /// The connection has ended.
    @_noLocks
    mutating func close(_ gateway: inout SIPGateway) {
        if binding >= 0 { gateway.close(connection: binding) }
        binding = -1
    }
}
