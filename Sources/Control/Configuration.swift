import WireFormats

/// What the operator wants, as the configuration file says it and with its defaults filled in.
///
/// Invariant: every value is in range and free of the conflicts that can be seen without looking at the machine;
/// `KernelCheck` looks at the machine.
public struct Configuration: Equatable, Sendable {
    /// `gateway`: the process itself.
    public var gateway: Gateway
    /// `interfaces`: at least one of either side, in the order of the file.
    public var interfaces: [Interface]
    /// `nat`: the public addresses and ports.
    public var nat: NAT
    /// `ftp`: the FTP service; without ports where the section is absent.
    public var ftp: FTP
    /// `sip`: the SIP service; nil where the section is absent: off until configured (RFC 4787 REQ-10).
    public var sip: SIP?

    /// The fewest public ports that a worker can do with.
    static let portsPerWorker = 16

    /// The process itself.
    public struct Gateway: Equatable, Sendable {
        /// `state-directory`: an absolute path, without a slash at its end.
        public var stateDirectory = "/run/sallyport"
        /// `workers`: how many threads, 1 to 256; nil for as many as the interface with most queues has.
        public var workers: Int?
        /// `busy-poll`: for how many microseconds a worker polls a queue itself, 1 to 10000; nil leaves it to interrupts.
        public var busyPollMicroseconds: Int?
        /// `when-down`: what becomes of steered traffic while no worker lives.
        public var whenDown = WhenDown.drop
        /// `flows`: how many data connections at once, 1 to 4194304.
        public var flows = 65536
        /// `conversations`: how many control conversations at once, 1 to 1048576.
        public var conversations = 16384

        /// The defaults.
        public init() {}

        /// What becomes of steered traffic while no worker lives.
        public enum WhenDown: String, CaseIterable, Sendable {
            /// Dropped: retransmission heals a short gap.
            case drop
            /// Passed to the kernel, without translation by the gateway.
            case pass
        }
    }

    /// An interface that the gateway works on.
    public struct Interface: Equatable, Sendable {
        /// The kernel's name of it, 1 to 15 bytes.
        public var name: String
        /// What it leads to.
        public var side: Side
        /// `zero-copy`: how its AF_XDP sockets should bind.
        public var zeroCopy = ZeroCopy.auto
        /// `alg-queues`: the queues of its card to which the services' packets are to be brought, 0 to 1023, each once,
        /// and no more of them than services; empty where these arrive on all queues.
        public var algQueues: [Int] = []

        /// How AF_XDP sockets should bind.
        public enum ZeroCopy: String, CaseIterable, Sendable {
            /// In zero-copy mode where they are on queues of their own, else in copy mode.
            case auto
            /// In zero-copy mode, if the driver can.
            case on
            /// In copy mode.
            case off
        }
    }

    /// The public addresses and ports.
    public struct NAT: Equatable, Sendable {
        /// `addresses`: one or more, each once, none of them a loopback, multicast or reserved one.
        public var addresses: [IPv4Address]
        /// `ports`: the gateway's block, 16 ports or more, from 1024 on, without the ports of a service.
        public var ports: ClosedRange<UInt16>
    }

    /// The FTP service. All times are in seconds.
    public struct FTP: Equatable, Sendable {
        /// `ports`: of control conversations, one or more, each once.
        public var ports: [UInt16] = [21]
        /// `keepalive-seconds`: the silence of a control conversation after which both ends get a TCP keep-alive,
        /// 1 to 7200. Many boxes on the path forget a conversation after 60 seconds or more.
        public var keepAliveSeconds = 45
        /// `idle-seconds`: the silence after which an established conversation is forgotten, above the keep-alive.
        /// The default is the least that RFC 5382 REQ-5 allows: 2 hours and 4 minutes.
        public var idleSeconds = 7440
        /// `transitory-seconds`: the same for one that is opening or closing; 4 minutes by RFC 5382 REQ-5.
        public var transitorySeconds = 240
        /// `pinhole-seconds`: how long a door for a data connection stays open unused, 1 to 3600.
        public var pinholeSeconds = 60
    }

    /// The SIP service. All times are in seconds.
    public struct SIP: Equatable, Sendable {
        /// `ports`: of SIP servers, one or more, each once.
        public var ports: [UInt16] = [5060]
        /// `transports`: over what SIP is served, one or more, each once.
        public var transports: [Transport] = [.udp, .tcp]
        /// `ice`: what becomes of the candidates of ICE.
        public var ice = ICE.rewrite
        /// `latching`: whether media may come from elsewhere than the outside announces (RFC 7362).
        public var latching = Latching.auto
        /// `media-dscp`: the DSCP that media leave with (RFC 2474), 0 to 63; absent: the one that they came with.
        public var mediaDSCP: Int?
        /// `media-kbit`: the most that a stream of media may carry in a direction, in kilobits of IP packets a second, 8 to
        /// 1000000; absent: there is no such limit.
        public var mediaKilobits: Int?
        /// `binding-seconds`: how long an inside endpoint keeps its public one after its last packet, 120 to 86400 (RFC
        /// 4787 REQ-5).
        public var bindingSeconds = 300
        /// `keepalive-seconds`: the silence of a registered phone after which its registrar gets a keep-alive, 1 to 3600.
        public var keepAliveSeconds = 25
        /// `tcp-keepalive-seconds`: the silence of a TCP connection after which both ends get a TCP keep-alive, 1 to 7200
        /// (RFC 5626 section 4.4.1: 95 to 120).
        public var tcpKeepAliveSeconds = 95
        /// `tcp-idle-seconds`: the silence of an end after which a TCP connection that no registration or call needs is
        /// forgotten, 32 to 604800 and above the former. Within 32 seconds every transaction but INVITE's is over (RFC 3261
        /// section 18).
        public var tcpIdleSeconds = 900
        /// `media-seconds`: the silence of media and signalling after which a call is over, 10 to 86400.
        public var mediaSeconds = 300
        /// `hold-seconds`: the same while a call is held, above the former, up to 604800.
        public var holdSeconds = 86400

        /// `local-media`: how two phones inside hear each other.
        public var localMedia = LocalMedia.direct

        /// `signed-bodies`: what becomes of requests whose session description is signed, so that it cannot be edited.
        public var signedBodies = SignedBodies.pass

        /// What carries SIP.
        public enum Transport: String, CaseIterable, Sendable {
            /// UDP.
            case udp
            /// TCP, for connections that the inside opens.
            case tcp
        }

        /// Whether media may come, once for each offer and answer, from another port than the outside announces, or from
        /// the host that its description comes from.
        public enum Latching: String, CaseIterable, Sendable {
            /// They may not.
            case off
            /// They may where the announced address or that host's is private.
            case auto
            /// They may, also where both are public.
            case always
        }

        /// What becomes of the candidates of ICE.
        public enum ICE: String, CaseIterable, Sendable {
            /// Those that are a media's default address are translated with it.
            case rewrite
            /// They are taken out.
            case strip
            /// They are left as they are.
            case leave
        }

        /// How two phones inside hear each other that a server outside has connected.
        public enum LocalMedia: String, CaseIterable, Sendable {
            /// At their inside addresses.
            case direct
            /// At their public endpoints.
            case hairpin
        }

        /// What becomes of requests whose session description is signed.
        public enum SignedBodies: String, CaseIterable, Sendable {
            /// They go on as they are, and their media are not heard.
            case pass
            /// They are answered with 488.
            case refuse
        }

        /// The defaults.
        public init() {}

        /// The ports that TCP connections are served on.
        var portsOfTCP: [UInt16] { transports.contains(.tcp) ? ports : [] }
    }
}
