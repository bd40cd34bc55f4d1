import Rewriting
import WireFormats

/// What stands for the maps of the XDP program: it opens pinholes, lets some of them be used, and reports.
struct DataWorld {
    private struct Pinhole {
        var usedAt: UInt64
        var endsAt: UInt64
        var isFlow = false
        var endpoint: Endpoint
    }

    private var pinholes: [Int: Pinhole] = [:]
    private(set) var opened = 0

    var count: Int { pinholes.count }

    /// Carries out what the gateway asks for.
    mutating func carryOut(_ world: World) {
        for index in 0..<world.gateway.requestCount {
            let request = world.gateway.request(index)
            switch request.kind {
            case .open: open(request.data, world)
            case .observePinhole: observePinhole(request.data, world)
            case .observeFlow: observeFlow(request.data, world)
            }
        }
    }

    /// Nothing is left to be observed without being asked.
    func observe(_ world: World) {
        if world.gateway.dataCount < pinholes.count { world.fail("a pinhole outlives its data connection") }
    }

    private mutating func open(_ slot: Int, _ world: World) {
        let connection = world.gateway.data(slot)
        if pinholes[slot] != nil { return world.fail("pinhole \(slot) opened twice") }
        let endpoint = connection.translated
        guard endpoint.address == World.publicAddress, World.ports.contains(endpoint.port),
            connection.phase == .open || connection.phase == .closing
        else {
            return world.fail("pinhole \(slot) of \(endpoint) is \(connection.phase)")
        }
        if endpoint == world.publicEndpoint || pinholes.values.contains(where: { $0.endpoint == endpoint }) {
            return world.fail("\(endpoint) is shared")
        }
        guard connection.inside.address == world.client.local.address,
            connection.outside.address == world.server.local.address
        else { return world.fail("pinhole \(slot) between \(connection.inside) and \(connection.outside)") }
        opened += 1
        let delay = UInt64(world.random.number(1...3_000)) * 1_000_000
        let usedAt = world.random.chance(0.6) ? world.now + delay : .max
        pinholes[slot] = Pinhole(usedAt: usedAt, endsAt: usedAt &+ 4 * delay, endpoint: endpoint)
    }

    private mutating func observePinhole(_ slot: Int, _ world: World) {
        guard let pinhole = pinholes[slot], !pinhole.isFlow else { return world.fail("no pinhole \(slot) to look at") }
        let isUsed = pinhole.usedAt <= world.now
        world.tape?.record(.init(kind: .pinhole, now: world.now, data: slot, port: isUsed ? 20 : 0))
        let isToBeRemoved = world.gateway.pinholeObserved(slot, usedFrom: isUsed ? 20 : 0)
        if isUsed {
            pinholes[slot]?.isFlow = true
            if !isToBeRemoved { world.fail("a used pinhole stays") }
        } else if isToBeRemoved {
            pinholes[slot] = nil
        }
    }

    private mutating func observeFlow(_ slot: Int, _ world: World) {
        guard let pinhole = pinholes[slot], pinhole.isFlow else { return world.fail("no flow \(slot) to look at") }
        let hasEnded = pinhole.endsAt <= world.now
        let seen = min(world.now, pinhole.endsAt)
        world.tape?.record(.init(kind: .flow, now: world.now, data: slot, lastSeen: seen, hasEnded: hasEnded))
        if world.gateway.flowObserved(slot, lastSeen: seen, hasEnded: hasEnded) {
            pinholes[slot] = nil
            if !hasEnded { world.fail("a live flow was removed") }
        }
    }
}
