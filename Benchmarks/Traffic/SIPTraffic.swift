import CTraffic
import Foundation
import Routing
import SIPMessages
import WireFormats

/// Phones that register and make calls, and their server, all played in XDP: the phones on one interface, the server on
/// another.
///
/// What is measured with it is what lies between. Each phone says REGISTER, INVITE and BYE again and again, each when the
/// one before is answered, and every call is a new one; the ACK, which nobody answers, is left out. Attached while it lives.
public final class SIPTraffic {
    /// What has happened.
    public struct Results: Sendable {
        /// Requests that were answered.
        public let answers: Double
        /// Requests that reached the server with the address that it should see, wherever they name one.
        public let rewritten: Double
        /// What nobody should have received, and requests whose answer did not come.
        public let strange, lost: Double
        /// From a request to its answer.
        public let latencies: Latencies

        /// What happened between two readings.
        public static func - (later: Results, earlier: Results) -> Results {
            Results(
                answers: later.answers - earlier.answers, rewritten: later.rewritten - earlier.rewritten,
                strange: later.strange - earlier.strange, lost: later.lost - earlier.lost,
                latencies: later.latencies - earlier.latencies)
        }
    }

    /// An interface, and what runs its argument in the interface's network namespace.
    public typealias Place = (interface: String, within: (() throws -> Void) throws -> Void)

    private let program: BPFProgram
    private var links: [ProgramLink] = []
    private let onPhones: (() throws -> Void) throws -> Void
    /// As for `ControlTraffic`.
    private let generatorProcessor = ProcessInfo.processInfo.processorCount - 1
    private let phones: Int
    private var settings = sip_settings()
    /// How often all phones have begun anew: part of their calls' numbers.
    private var beginnings: UInt32 = 0

    /// Puts both ends in place.
    ///
    /// - Parameters:
    ///   - phones: how many there are, 1 to 1000.
    ///   - address: the phones', and how the server has to see it.
    ///   - stations: of what phones send: to, from.
    public init(
        phones: Int, at address: IPv4Address, seenAs public: IPv4Address,
        stations: (to: EthernetAddress, from: EthernetAddress), on phonesPlace: Place, server: Place
    ) throws {
        self.phones = phones
        program = try BPFProgram(SipObject.hexadecimal, sizes: ["phones": phones])
        for message in CallMessage.allCases {
            let isRequest = message.isRequest
            let index = UInt32(message.rawValue)
            try program.set("sent", index, to: sip_message(message, at: isRequest ? address : `public`))
            try program.set("received", index, to: sip_message(message, at: isRequest ? `public` : address))
        }
        settings.phones = UInt32(phones)
        settings.port = 20_000
        settings.media = 31_000
        settings.inside = SIPTraffic.beginning(of: address)
        settings.outside = SIPTraffic.beginning(of: `public`)
        let destination = IPv4Address(CallMessage.server)!
        settings.addresses = (address.value.bigEndian, destination.value.bigEndian)
        withUnsafeMutableBytes(of: &settings.stations) { bytes in
            for index in 0..<6 {
                bytes[index] = stations.to.octet(index)
                bytes[6 + index] = stations.from.octet(index)
            }
        }
        onPhones = phonesPlace.within
        var index: UInt32 = 0
        try phonesPlace.within {
            index = if_nametoindex(phonesPlace.interface)
            links.append(try ProgramLink(program.descriptor("phone"), to: phonesPlace.interface))
        }
        try server.within { links.append(try ProgramLink(program.descriptor("server"), to: server.interface)) }
        settings.interface = index
    }

    /// The first eight characters of an address.
    private static func beginning(of address: IPv4Address) -> UInt64 {
        "\(address)".utf8.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// As `ControlTraffic.pass`.
    public func pass(_ interface: String) throws {
        links.append(try ProgramLink(program.descriptor("pass"), to: interface))
    }

    /// Everything since the beginning.
    public func results() throws -> Results {
        let values = try program.readAll("results", like: sip_results())
        func sum(_ field: KeyPath<sip_results, UInt64>) -> Double {
            values.reduce(0) { $0 + Double($1[keyPath: field]) }
        }
        return Results(
            answers: sum(\.answers), rewritten: sum(\.rewritten), strange: sum(\.strange), lost: sum(\.lost),
            latencies: Latencies(values.map(\.latencies)))
    }

    // MARK: What can be done

    /// Has each phone say its next request as soon as the last one is answered, for some time.
    ///
    /// - Parameters:
    ///   - begun: is called when all of them speak.
    ///   - finished: is called after that time, with what happened in it.
    public func saturate(seconds: Double, begun: () -> Void, finished: (Results) -> Void) throws {
        try start(SIP_LOOP)
        try generate(0.1, perSecond: 5000)
        let before = try results()
        begun()
        usleep(UInt32(seconds * 1e6))
        let during = try results() - before
        finished(during)
        try end()
        guard during.answers > 0 else {
            let all = try results()
            throw BPFFailure(
                "SIP: no answer (\(Int(all.rewritten)) requests at the server, \(Int(all.strange)) strange messages)",
                ETIMEDOUT)
        }
    }

    /// Has the phones say so many requests a second, for some time.
    ///
    /// - Returns: what happened in that time, and how many were begun.
    public func pace(perSecond: Double, seconds: Double) throws -> (results: Results, begun: Double) {
        try start(SIP_PACED)
        let before = try results()
        let begun = try generate(seconds, perSecond: perSecond)
        usleep(50_000)
        let during = try results() - before
        try end()
        return (during, begun)
    }

    private func start(_ mode: sip_mode) throws {
        beginnings += 1
        for index in 0..<phones {
            var phone = sip_phone()
            phone.call = beginnings << 24 | UInt32(index) << 14
            try program.set("phones", UInt32(index), to: phone)
        }
        settings.mode = mode.rawValue
        try program.set("settings", to: settings)
    }

    /// Lets the phones fall silent when what is under way is answered.
    private func end() throws {
        settings.mode = SIP_STOP.rawValue
        try program.set("settings", to: settings)
        usleep(50_000)
    }

    /// Lets the generator begin what can be begun. Returns how much that was.
    @discardableResult
    private func generate(_ seconds: Double, perSecond: Double) throws -> Double {
        var state = settings
        state.interval = UInt64(1e9 / perSecond)
        try program.set("settings", to: state)
        try onPhones {
            try program.generate(
                length: Int(SIP_HEADERS.rawValue) + 700, batch: 16, seconds: seconds, on: generatorProcessor)
        }
        return Double(try program.read("settings", like: state).started)
    }
}

extension sip_message {
    /// A message of a phone at this address, with its other fields left open.
    fileprivate init(_ message: CallMessage, at address: IPv4Address) {
        self.init()
        let text = message.text(
            MessageText.Values(address: "\(address)", port: 20_000, media: 30_000, call: 0))
        var bytes = text.bytes
        precondition(bytes.count <= Int(SIP_LENGTH.rawValue), "a message that is too long")
        for (field, digits) in [(MessageText.Field.port, 5), (.media, 5), (.call, 8)] {
            for place in text.places(of: field) { for offset in place..<place + digits { bytes[offset] = 0 } }
        }
        length = UInt32(bytes.count)
        sum = UInt32(Checksum.fold(Checksum.sum(bytes.span.bytes, 0..<bytes.count)))
        addresses = sip_places(text.places(of: .address))
        ports = sip_places(text.places(of: .port))
        media = sip_places(text.places(of: .media))
        calls = sip_places(text.places(of: .call))
        withUnsafeMutableBytes(of: &self.bytes) { $0.copyBytes(from: bytes) }
    }
}

extension sip_places {
    fileprivate init(_ places: [Int]) {
        self.init()
        precondition(places.count <= Int(SIP_PLACES.rawValue), "too many places")
        withUnsafeMutableBytes(of: &at) { bytes in
            let words = bytes.bindMemory(to: UInt16.self)
            for (index, place) in places.enumerated() { words[index] = UInt16(place) }
        }
    }
}
