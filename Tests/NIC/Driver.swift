/// A kind of card, of which the guest has two: one inside, one outside.
enum Driver: String, CaseIterable {
    case virtio
    case igb

    /// The card's address, by which the guest knows it.
    func station(_ side: Side) -> String {
        "52:54:00:00:0\(self == .virtio ? 1 : 2):0\(side == .lan ? 1 : 2)"
    }

    /// The kind of tap device that it wants on the host: virtio-net takes its queues from it, igb makes its own.
    var tap: [String] {
        self == .virtio ? ["mode", "tap", "multi_queue"] : ["mode", "tap"]
    }

    /// QEMU's arguments for the card on a tap device.
    ///
    /// Without iommu_platform virtio-net refuses zero-copy. Two igb need a root port each.
    func device(_ side: Side, tap: String) -> [String] {
        let backend = "tap,id=\(tap),ifname=\(tap),script=no,downscript=no,vhost=off"
        let card = "netdev=\(tap),mac=\(station(side))"
        return switch self {
        case .virtio:
            [
                "-netdev", "\(backend),queues=2", "-device",
                "virtio-net-pci,\(card),mq=on,vectors=10,iommu_platform=on,disable-legacy=on,rss=on",
            ]
        case .igb:
            [
                "-device", "pcie-root-port,id=\(tap)-port,chassis=\(side == .lan ? 1 : 2)",
                "-netdev", backend, "-device", "igb,\(card),bus=\(tap)-port",
            ]
        }
    }

    /// The sides of the gateway, by the names of its interfaces.
    enum Side: String, CaseIterable {
        case lan
        case wan
    }
}
