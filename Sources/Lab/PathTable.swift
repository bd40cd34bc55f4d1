// Which path packets took, as the gateway's counters say.

/// The part of a demonstration that shows the three paths.
struct PathTable {
    /// What takes the path through XDP, and what the one through the worker.
    let forwarded: String
    let steered: String

    /// The names of the counters are those of bpf/include/steering.h.
    func show(_ counters: [String: Int], on page: Page) {
        func sum(_ prefix: String) -> String {
            counters.filter { $0.key.hasPrefix(prefix) }.values.reduce(0, +).formatted()
        }
        page.table([
            ["path", "packets", "what for"],
            ["XDP", sum("forward_"), "\(forwarded): from card to card, translated in the driver"],
            ["worker", sum("steer_"), "\(steered): read and rewritten in user space"],
            ["kernel", sum("pass_"), "everything else: not touched"],
        ])
    }
}
