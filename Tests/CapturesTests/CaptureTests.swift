import Foundation
import Testing

@testable import Captures

struct CaptureTests {
    @Test(
        "pcap and pcapng of every link type give the same frames",
        arguments: CaptureFile.Format.allCases, CaptureFile.Link.all.indices)
    func formats(format: CaptureFile.Format, link: Int) throws {
        var file = CaptureFile(format, CaptureFile.Link.all[link])
        let packets = ["one", "another"].map { datagram($0, from: "192.168.1.10:5060", to: "198.51.100.9:5060") }
        for packet in packets { file.append(packet) }
        let frames = try file.read(allFrames)
        #expect(frames.map { Array($0.bytes[14...]) } == packets)
        #expect(frames.allSatisfy { Array($0.bytes[12..<14]) == [8, 0] && $0.missing == 0 })
        #expect(frames.map(\.number) == [1, 2])
        #expect(frames.map(\.time) == [1_700_000_001_250_000_000, 1_700_000_002_250_000_000])
    }

    @Test("A frame that the capture holds only in part says how much is missing")
    func cut() throws {
        var file = CaptureFile()
        file.append(datagram("0123456789", from: "192.168.1.10:5060", to: "198.51.100.9:5060"), cutTo: 40)
        #expect(try file.read(allFrames).map(\.missing) == [12])
    }

    @Test("What is no capture, is not there, or has another link type is refused with what to do")
    func refused() throws {
        let text = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).txt")
        try Data("no capture at all, but long enough for one".utf8).write(to: text)
        defer { try? FileManager.default.removeItem(at: text) }
        let foreign = #expect(throws: CaptureError.self) { try Capture(contentsOf: text.path) }
        #expect(foreign?.description.contains("unknown file format; `tcpdump -w FILE`") == true)
        let missing = #expect(throws: CaptureError.self) { try Capture(contentsOf: text.path + ".not") }
        #expect(missing?.description.contains("No such file") == true)
        let usb = try CaptureFile(.microseconds, CaptureFile.Link(number: 189, header: [])).read { path in
            #expect(throws: CaptureError.self) { try Capture(contentsOf: path) }
        }
        #expect(usb?.description.contains("link type USB_LINUX; capture on an Ethernet interface") == true)
    }

    @Test("A file that ends within a frame gives those before it, and then says which one")
    func truncated() throws {
        var file = CaptureFile()
        for _ in 0..<2 { file.append(datagram("text", from: "192.168.1.10:5060", to: "198.51.100.9:5060")) }
        try file.read(without: 3) { path in
            let capture = try Capture(contentsOf: path)
            #expect(try capture.next()?.number == 1)
            let error = #expect(throws: CaptureError.self) { try capture.next() }
            #expect(error?.description.contains("ends in frame 2: truncated dump file") == true)
        }
    }

    private func allFrames(_ path: String) throws -> [CapturedFrame] {
        let capture = try Capture(contentsOf: path)
        var frames: [CapturedFrame] = []
        while let frame = try capture.next() { frames.append(frame) }
        return frames
    }
}
