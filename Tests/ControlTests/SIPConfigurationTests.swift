import Testing

@testable import Control

/// What carries SIP, as the configuration says it.
@Suite struct SIPConfigurationTests {
    private func configuration(_ sip: String, ftp: String = "{}") throws -> Configuration {
        let yaml = """
            interfaces: {lan0: inside, wan0: outside}
            nat: {addresses: [203.0.113.7], ports: 32768-65535}
            ftp: \(ftp)
            sip: \(sip)
            """
        return try Configuration(yaml: yaml, file: "gate.yaml")
    }

    @Test("SIP is served over UDP and TCP, unless one of them is left out")
    func transports() throws {
        #expect(try configuration("{}").sip?.transports == [.udp, .tcp])
        #expect(try configuration("{transports: [tcp]}").sip?.transports == [.tcp])
        #expect(try configuration("{transports: [udp]}").sip?.transports == [.udp])
    }

    @Test("What is no transport, and a port with two services over TCP, is refused")
    func refusals() throws {
        func refusal(_ sip: String, ftp: String = "{}") -> String? {
            let error = #expect(throws: ConfigurationError.self) { try configuration(sip, ftp: ftp) }
            return error?.description
        }
        #expect(refusal("{transports: [tls]}")?.hasPrefix("gate.yaml:4:20: sip.transports: 'tls' is not known") == true)
        #expect(refusal("{transports: []}")?.hasPrefix("gate.yaml:4:19: sip.transports has to be a list") == true)
        let port = "gate.yaml:4:14: sip.ports: port 2100 is one of ftp.ports; over TCP a port can have one service only"
        #expect(refusal("{ports: [2100]}", ftp: "{ports: [21, 2100]}") == port)
        #expect(try configuration("{ports: [2100], transports: [udp]}", ftp: "{ports: [2100]}").sip?.ports == [2100])
    }
}
