import CXDP

/// The frames of all workers: one area of memory, cut into frames of equal size, and a table that says of each frame
/// where it is and whose.
///
/// Every frame is in one place at a time, in the hands of one worker. Each move checks the place and the worker that
/// the frame comes from, so that a frame which is released twice, given to two rings, or used by two workers, stops the
/// program at once instead of corrupting packets later.
///
/// An entry is written by the worker that has the frame; it changes hands only through rings, which order the accesses.
/// The area is page-aligned and the frame size a power of two, as the kernel demands of UMEM. It never moves.
@safe
struct FrameTable: ~Copyable {
    /// Where a frame is; the case decides who may move it on.
    enum Place: UInt16 {
        case free
        case filling
        case held
        case transmitting
        /// In the ring to the worker that is to handle its packet; still in the name of the sender.
        case handedOver
        /// In the ring to its home; still in the name of the sender.
        case returning

        /// Written out, because in a debug build `@_noLocks` does not see a synthesized one from other files.
        @_noLocks static func == (one: Place, other: Place) -> Bool { one.rawValue == other.rawValue }
    }

    let frameSize: Int
    let frameCount: Int
    let area: UnsafeMutableRawPointer
    let places: UnsafeMutablePointer<UInt16>

    /// - Parameters:
    ///   - frameSize: 2048 or 4096 bytes.
    ///   - share: frames of each worker, at least 1; all are free, and in the hands of their home.
    ///   - workers: at least 1.
    init(frameSize: Int, share: Int, workers: Int) throws(SocketError) {
        precondition(frameSize == 2048 || frameSize == 4096, "a frame has 2048 or 4096 bytes")
        let frameCount = share * workers
        precondition(frameCount > 0 && frameCount <= Int(Int32.max), "at least one frame")
        precondition(workers <= Self.workersMax, "more workers than a table tells apart")
        guard let area = unsafe sp_memory_map(UInt64(frameSize * frameCount), -1) else {
            throw SocketError(step: .mapping(bytes: frameSize * frameCount), errno: .currentErrno)
        }
        unsafe self.area = area
        self.frameSize = frameSize
        self.frameCount = frameCount
        // Unsafe: allocated for frameCount elements here, initialised to the last, and freed in deinit.
        unsafe places = .allocate(capacity: frameCount)
        for index in 0..<frameCount {
            unsafe places.advanced(by: index).initialize(to: Self.entry(.free, of: index / share))
        }
    }

    deinit {
        unsafe sp_memory_unmap(area, UInt64(frameSize * frameCount))
        unsafe places.deallocate()
    }

    /// Workers that an entry can name.
    static var workersMax: Int { 1 << 13 }

    /// What the table says of a frame in a place, in the hands of a worker.
    @_noLocks
    static func entry(_ place: Place, of worker: Int) -> UInt16 {
        place.rawValue | UInt16(truncatingIfNeeded: worker &<< 3)
    }

    /// Frames by the table alone, those of one worker or of all: what the counters must agree with. No worker may run.
    func census(of worker: Int? = nil) -> FrameAccounting {
        var accounting = FrameAccounting()
        for index in 0..<frameCount {
            // Unsafe: within the table, whose entries are all made by `entry`.
            let entry = unsafe places[index]
            guard worker == nil || Int(entry >> 3) == worker else { continue }
            switch Place(rawValue: entry & 7)! {
            case .free: accounting.free += 1
            case .filling: accounting.filling += 1
            case .held: accounting.held += 1
            case .transmitting: accounting.transmitting += 1
            case .handedOver: accounting.handedOver += 1
            case .returning: accounting.returning += 1
            }
        }
        return accounting
    }
}
