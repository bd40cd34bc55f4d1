import Testing
import WireFormats

@testable import Dataplane

/// Which frames are a link's, and what its frames look like.
@Suite struct LinkTests {
    private func link(_ tags: [Link.Tag]) -> Link {
        var link = Link(
            interface: 7, side: .inside, station: 0x0200_0000_0001, mtu: 1500, address: IPv4Address(192, 168, 1, 1),
            firstSocket: 2, sockets: 2, senders: 2)
        for tag in tags {
            let isTaken = link.add(tag)
            #expect(isTaken)
        }
        return link
    }

    private func carries(_ link: Link, _ frame: [UInt8], socket: Int, network: Int) -> Bool {
        link.carries(frame.span.bytes, socket: socket, network: network)
    }

    @Test(
        "The header that a link writes is the one that it knows as its own",
        arguments: [
            [], [Link.Tag(type: 0x8100, vlan: 10)], [Link.Tag(type: 0x88a8, vlan: 20), .init(type: 0x8100, vlan: 30)],
        ])
    func header(tags: [Link.Tag]) {
        let link = link(tags)
        var frame = [UInt8](repeating: 0, count: 64)
        do {
            var span = frame.mutableSpan
            var bytes = span.mutableBytes
            link.writeHeader(to: 0x0200_0000_0099, into: &bytes)
        }
        #expect(link.headerLength == 14 + 4 * tags.count)
        #expect(frame.prefix(12) == [2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 1])
        #expect(frame[link.headerLength - 2..<link.headerLength] == [8, 0])
        #expect(carries(link, frame, socket: 2, network: link.headerLength))
        #expect(carries(link, frame, socket: 3, network: link.headerLength))
        #expect(!carries(link, frame, socket: 4, network: link.headerLength), "another card's socket")
        #expect(!carries(link, frame, socket: 2, network: link.headerLength + 4), "another number of tags")
    }

    @Test("A frame of another VLAN is another link's")
    func otherVLAN() {
        var frame = [UInt8](repeating: 0, count: 64)
        frame.replaceSubrange(12..<16, with: [0x81, 0, 0, 11])
        #expect(!carries(link([Link.Tag(type: 0x8100, vlan: 10)]), frame, socket: 2, network: 18))
        #expect(carries(link([Link.Tag(type: 0x8100, vlan: 11)]), frame, socket: 2, network: 18))
    }

    @Test(
        "A worker sends by the queues that it serves, and where none of those can transmit, by another worker's",
        arguments: [
            (queues: 4, workers: 1, senders: [[0, 1, 2, 3]]), (4, 4, [[0], [1], [2], [3]]),
            (4, 3, [[0, 3], [1], [2]]),
            (1, 4, [[0], [0], [0], [0]]), (2, 4, [[0], [1], [0], [1]]),
        ])
    func senders(queues: Int, workers: Int, senders: [[Int]]) {
        let link = Link(
            interface: 7, side: .inside, station: 1, mtu: 1500, address: IPv4Address(0), firstSocket: 8, sockets: 4,
            senders: queues)
        for worker in 0..<workers {
            let own = link.used(by: worker, of: workers)
            let used = Set((UInt64(0)..<20).map { own.sender(to: $0) - 8 })
            #expect(used == Set(senders[worker]), "worker \(worker)")
        }
    }

    @Test("A third tag is refused")
    func thirdTag() {
        var link = link([Link.Tag(type: 0x88a8, vlan: 20), Link.Tag(type: 0x8100, vlan: 30)])
        let isTaken = link.add(Link.Tag(type: 0x8100, vlan: 40))
        #expect(!isTaken)
    }
}
