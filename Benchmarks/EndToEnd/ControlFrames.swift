import Foundation
import Lab

/// The account of the packets that the gateway's workers have handled.
enum ControlFrames {
    /// Packets that were given to the sockets, received, or sent, and that no counter accounts for; 0 if all is well.
    /// Waits until the workers have published their sockets' counters, which they do once a second.
    static func unaccounted(_ gateway: GatewayProcess) throws -> Double {
        usleep(1_500_000)
        let counters = try gateway.counters()
        func sum(_ names: String...) -> Int { names.reduce(0) { $0 + counters[$1, default: 0] } }
        let steered = counters.filter { $0.key.hasPrefix("steer_") }.values.reduce(0, +)
        // The kernel counts a frame that finds the fill ring empty as dropped, too (xsk.c, __xsk_rcv).
        let given = steered - sum("received", "receiveDropped", "receiveRingFull")
        let handled =
            sum("received")
            - sum(
                "acceptOpening", "acceptSegment", "acceptReset", "acceptError", "answerUnknown", "dropChecksum",
                "dropUnknown", "dropTableFull", "dropPortsExhausted", "dropBlocksExhausted", "dropSequence",
                "dropAcknowledgement", "dropOutOfOrder", "flowSent", "flowAnswered", "dropUnknownFlow", "dropForeign",
                "sipEdited", "sipPassed", "sipForeign", "sipMalformed", "sipRefused", "sipBodiesRefused",
                "dropSIPChecksum",
                "dropSIPUnknown", "dropSIPFull", "dropSIPTooLarge")
        let sent = sum("sent") - sum("transmitted", "dropTransmitRingFull")
        return Double(abs(given) + abs(handled) + abs(sent))
    }
}
