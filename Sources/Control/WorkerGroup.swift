import CXDP
import Dataplane
import Rewriting
import Steering
import XDPSockets

/// The workers of the gateway, each on a thread of its own, from `init` until `stop`.
///
/// Invariant: all of them run until `stop`, or `failures` says which one does not, and why.
final class WorkerGroup: Sendable {
    /// As the command line is told of them.
    let states: [GatewayState.Worker]
    /// How each socket is bound, by its number.
    let modes: [SocketMode]
    /// The first worker that has ended by itself.
    let failures: AsyncStream<ControlError>
    private let controls: [WorkerControl]
    private let threads: [WorkerThread]

    /// How long a worker looks for packets after the last one before it sleeps, where there is a processor for it: as
    /// long as it would take to be woken, about.
    private static let spin: UInt64 = 50_000

    /// Opens the sockets of the cards, shows them to the XDP program, and starts the workers.
    init(
        _ plan: WorkerPlan, _ cards: Cards, mode: SocketMode, _ settings: SocketSettings, _ maps: SteeringMaps,
        _ directory: StateDirectory
    ) throws {
        let controls = (0..<plan.workers).map { _ in WorkerControl() }
        let sockets = try SharedSockets.open(
            cards.bindings, owners: plan.owners, workers: plan.workers, mode: mode, settings: settings,
            wakeDescriptors: controls.map(\.wakeDescriptor))
        for (socket, place) in cards.places.enumerated() {
            try maps.sockets.set(place, to: sockets.descriptor(of: socket))
        }
        let processors = WorkerGroup.processors(for: plan.workers)
        let (failures, failed) = AsyncStream.makeStream(of: ControlError.self, bufferingPolicy: .bufferingOldest(1))
        var threads: [WorkerThread] = []
        do {
            for (number, control) in controls.enumerated() {
                let spin = Spin(limit: processors[number] == nil ? 0 : WorkerGroup.spin)
                let worker = try plan.worker(number, sockets.take(number), maps, control, spin: spin, directory)
                let thread = try WorkerThread(
                    worker, control, name: "worker \(number)", processor: processors[number]
                ) {
                    failed.yield(ControlError("worker \(number) has ended, and with it the gateway: \($0)"))
                }
                threads.append(thread)
            }
        } catch {
            WorkerGroup.stop(threads)
            throw error
        }
        states = processors.enumerated().map { number, processor in
            let own = zip(cards.bindings, plan.owners).filter { $1 == number }
            return GatewayState.Worker(processor: processor, sockets: own.map { "\($0.0.interface)/\($0.0.queue)" })
        }
        modes = (0..<sockets.count).map { sockets.mode(of: $0) }
        self.failures = failures
        self.controls = controls
        self.threads = threads
    }

    /// One processor for each worker, of those that this process may use; none for any where they are too few, since
    /// threads that share one would wait for each other.
    private static func processors(for workers: Int) -> [Int?] {
        var numbers = [Int32](repeating: 0, count: 1024)
        let count = Int(sp_processors(&numbers, 1024))
        return (0..<workers).map { workers <= count ? Int(numbers[$0]) : nil }
    }

    /// In which mode all of them are.
    var mode: SocketMode { modes.contains(.copy) ? .copy : .zeroCopy }

    /// Gives all of them other settings.
    func set(_ settings: WorkerSettings) { for control in controls { control.set(settings) } }

    /// Stops all of them, the last one first. Their sockets close with the last that ends.
    func stop() { WorkerGroup.stop(threads) }

    private static func stop(_ threads: [WorkerThread]) {
        for thread in threads.reversed() { thread.stop() }
        for thread in threads.reversed() { thread.join() }
    }
}
