import Testing
import XDPSockets

@Suite struct SocketSettingsTests {
    /// Ethernet's longest frame with two tags is 1522 bytes. What 256 bytes of headroom leave of 2048 is, in whole KiB,
    /// one.
    @Test(
        arguments: [
            (1024, SocketMode.copy, 2048), (1522, .copy, 2048), (1792, .copy, 2048), (1793, .copy, 4096),
            (3840, .copy, 4096), (3841, .copy, nil),
            (1024, .zeroCopy, 2048), (1025, .zeroCopy, 4096), (1522, .zeroCopy, 4096), (3072, .zeroCopy, 4096),
            (3073, .zeroCopy, nil),
        ] as [(Int, SocketMode, Int?)])
    func `a frame has room for the packet as the card counts it`(bytes: Int, mode: SocketMode, size: Int?) {
        #expect(SocketSettings.frameSize(forPackets: bytes, mode: mode) == size)
    }
}
