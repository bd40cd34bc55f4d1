import Lab

/// The host's part of the network of one driver: a client and a server in namespaces of their own, each at the host's
/// end of a card of the guest.
///
///     inside eth0 = tap ---- lan0 guest wan0 ---- tap = eth0 outside
///     192.168.1.10            .1      203.0.113.7      203.0.113.20
struct Network: Hosts {
    let driver: Driver
    let sandbox: Sandbox
    let inside: Namespace
    let outside: Namespace
    let outsideAddress = "203.0.113.20"
    private let guest: Namespace

    /// Makes the tap devices in the namespace in which QEMU will look for them.
    init(_ driver: Driver, guest: Namespace, in sandbox: Sandbox) throws {
        self.driver = driver
        self.guest = guest
        self.sandbox = sandbox
        inside = try sandbox.namespace("\(driver)-inside")
        outside = try sandbox.namespace("\(driver)-outside")
        for side in Driver.Side.allCases {
            try guest.start(["ip", "tuntap", "add", tap(side)] + driver.tap).succeed()
        }
    }

    /// QEMU's arguments for both cards.
    var devices: [String] {
        Driver.Side.allCases.flatMap { driver.device($0, tap: tap($0)) }
    }

    /// Gives the tap devices, which QEMU has opened, to client and server.
    func connect() throws {
        for (side, host, address) in [(Driver.Side.lan, inside, "192.168.1.10"), (.wan, outside, outsideAddress)] {
            try guest.run("ip", "link", "set", tap(side), "netns", host.name)
            try host.run("ip", "link", "set", tap(side), "name", "eth0", "up")
            try host.run("ip", "address", "add", "\(address)/24", "dev", "eth0")
        }
        try inside.run("ip", "route", "add", "default", "via", "192.168.1.1")
    }

    private func tap(_ side: Driver.Side) -> String { "\(driver)-\(side)" }
}
