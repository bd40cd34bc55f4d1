import CSteering
import Glibc

/// Links and ways out, which stand in more than one map. Changes count for flows and services after `settings.renew`.
extension SteeringMaps {
    /// Adds or replaces a link: an interface as frames name it. Frames of no link pass.
    public func setLink(_ key: steering_link_key, to link: steering_link) throws(SetupError) {
        guard let card = tableIndex(key) else { return try links.set(key, to: link) }
        tables[card: card] = link
    }

    /// A link, if there is one.
    public func link(_ key: steering_link_key) -> steering_link? {
        if let card = tableIndex(key) {
            let link = tables[card: card]
            return link.ifindex == 0 ? nil : link
        }
        var link = steering_link()
        return links.lookup(key, into: &link) ? link : nil
    }

    /// Removes a link.
    public func removeLink(_ key: steering_link_key) {
        if let card = tableIndex(key) {
            tables[card: card] = steering_link()
        } else {
            links.remove(key)
        }
    }

    /// Adds or replaces a way out under a number of its own: what the kernel sends by an interface leaves by a card, as
    /// `exit` says. Both are numbers of the kernel; a card that is nil takes nothing from XDP, only from workers.
    public func setExit(_ number: UInt32, interface: UInt32, card: UInt32?, exit: steering_exit) throws(SetupError) {
        guard number < STEERING_EXITS_MAX.rawValue else {
            throw SetupError(
                "adding a way out", of: "interface number \(interface)", code: ENOSPC,
                advice: "configure at most \(STEERING_EXITS_MAX.rawValue) interfaces")
        }
        tables[exit: number] = exit
        if let card { try ports.set(number, to: card) } else { ports.remove(number) }
        try exitNumbers.set(interface, to: number)
    }

    /// Where in the table a link stands; nil if it is one for the hash.
    private func tableIndex(_ key: steering_link_key) -> UInt32? {
        let isUntagged = key.vlan.0 == 0 && key.vlan.1 == 0
        return isUntagged && key.ifindex < STEERING_CARDS_MAX.rawValue ? key.ifindex : nil
    }
}
