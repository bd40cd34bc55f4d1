// Real clients, real servers, every mode: what arrives is what was sent. And the server's side of the control
// connection shows that each client really used the mode that its cell names.

import Testing

@testable import Lab

extension LabTests {
    @Suite("Clients, servers and modes")
    struct TransferMatrixTests {
        @Test(
            "Every mode carries files of every size both ways, unchanged",
            arguments: FTPServer.Program.allCases, FTPClient.Program.allCases)
        func transfers(server program: FTPServer.Program, client: FTPClient.Program) throws {
            let topology = try Topology()
            defer { topology.remove() }
            let gateway = try GatewayUnderTest.choice.start(on: topology)
            let server = try FTPServer(program, in: topology)
            let files = try Files(in: topology, serving: server.folder)
            for mode in TransferMode.allCases {
                let client = FTPClient(client, mode)
                let capture = try ControlCapture(in: topology)
                try client.run(files.transfers, with: server, in: topology)
                try files.compare("\(client.program.rawValue), \(program.rawValue), \(mode.rawValue)")
                try checkMode(client, transfers: files.transfers.count, capture: capture.stop())
            }
            try gateway?.stop()
        }

        private func checkMode(_ client: FTPClient, transfers: Int, capture: String) {
            for mode in TransferMode.allCases {
                let uses = capture.split(separator: mode.rawValue, omittingEmptySubsequences: false).count - 1
                let wanted = mode == client.effectiveMode ? transfers : 0
                #expect(uses == wanted, "\(client) said \(mode.rawValue) \(uses) times")
            }
        }
    }
}
