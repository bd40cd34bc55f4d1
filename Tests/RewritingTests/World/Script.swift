import WireFormats

/// What client and server say to each other, decided before they begin.
struct Script {
    /// A command line, and what the server says to it once it has read a line for it.
    struct Exchange {
        var line: [UInt8]
        var reply: [UInt8]
        /// Where in the line urgent data ends, if it has any.
        var urgentEnd: Int?
    }

    enum Step {
        /// Commands sent without waiting for replies; then all replies are waited for.
        case commands([Exchange])
        /// TLS records of the client, then those of the server.
        case records(client: [UInt8], server: [UInt8])
    }

    enum Ending: CaseIterable {
        /// The client closes when everything has been answered.
        case clientFirst
        /// The client closes right behind its last commands, and reads on.
        case halfClose
        /// The server closes when it has answered everything.
        case serverFirst
        /// Both close at once.
        case together
        /// One of them breaks off at some time.
        case abort
    }

    /// How a host hands its bytes to TCP.
    enum Pace: CaseIterable { case atOnce, inPieces, byteByByte }

    var greeting: [UInt8] = []
    var steps: [Step] = []
    /// What the client writes behind the last line, without an end of line.
    var rest: [UInt8] = []
    var ending = Ending.clientFirst
    var clientPace = Pace.atOnce
    var serverPace = Pace.atOnce
    /// How often a host stops reading for a while.
    var pauses = 0.0
    /// How often a host says nothing for a while before it goes on.
    var silences = 0.0
}
