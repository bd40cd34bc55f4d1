// Kamailio on the outside host: the registrar and proxy of a telephone provider, without a database.

import Foundation

/// A running SIP registrar and proxy, UDP and TCP, which anybody may register with.
///
/// It answers to where a request came from (RFC 3581), as providers do, but believes what a Contact says: behind a NAT
/// without a gateway a phone registers an address that nobody reaches. Only the middle box is known to it as a NAT: who
/// is behind that is reached where he came from. One process does the work for each transport, so that messages keep
/// their order.
public final class Registrar: Sendable {
    /// Where it listens.
    public static let port: UInt16 = 5060
    /// Its address, which is also the domain of its users.
    public let address: String
    private let process: ChildProcess

    /// Starts it, and returns when it listens.
    ///
    /// - Throws: `LabError` where it is not there or does not start.
    public init(in hosts: any Hosts) throws {
        address = hosts.outsideAddress
        let run = "\(hosts.sandbox.directory)/kamailio"
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        try Registrar.configuration(address).write(toFile: "\(run)/kamailio.cfg", atomically: false, encoding: .utf8)
        let modules = URL(fileURLWithPath: try Programs.server("\(Registrar.libraries)/kamailio/modules/usrloc.so"))
            .deletingLastPathComponent()
        // Its modules look for a library of theirs where it would be installed.
        let library = "LD_LIBRARY_PATH=\(modules.deletingLastPathComponent().path)"
        process = try hosts.outside.start([
            "env", library, try Programs.server("usr/sbin/kamailio"), "-f", "\(run)/kamailio.cfg", "-L", modules.path,
            "-DD", "-E", "-Y", run, "-w", run,
        ])
        try hosts.outside.wait(forPort: Registrar.port, of: process)
    }

    /// The address of record of a user.
    public func user(_ name: String) -> String { "sip:\(name)@\(address)" }

    /// Ends it, and forgets who is registered.
    public func stop() throws {
        try process.stop()
    }

    /// Debian's directory of what is compiled for this machine.
    private static var libraries: String {
        #if arch(arm64)
            "usr/lib/aarch64-linux-gnu"
        #else
            "usr/lib/x86_64-linux-gnu"
        #endif
    }

    private static func configuration(_ address: String) -> String {
        """
        debug=2
        log_stderror=yes
        children=1
        tcp_children=1
        dns=no
        rev_dns=no
        listen=udp:\(address):\(port)
        listen=tcp:\(address):\(port)

        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        loadmodule "nathelper.so"
        modparam("usrloc", "db_mode", 0)
        modparam("nathelper|registrar", "received_avp", "$avp(received)")

        request_route {
            force_rport();
            if (src_ip == \(Topology.middleAddress)) route(TRANSLATED);
            t_on_reply("ANSWER");
            if (!mf_process_maxfwd_header("10")) {
                sl_send_reply("483", "Too Many Hops");
                exit;
            }
            if (is_method("CANCEL")) {
                if (t_check_trans()) t_relay();
                exit;
            }
            if (has_totag()) {
                if (loose_route()) {
                    handle_ruri_alias();
                    t_relay();
                }
                else if (is_method("ACK") && t_check_trans()) t_relay();
                else if (!is_method("ACK")) sl_send_reply("404", "Not Here");
                exit;
            }
            if (is_method("REGISTER")) {
                save("location");
                exit;
            }
            record_route();
            if (!lookup("location")) {
                sl_send_reply("404", "Not Found");
                exit;
            }
            t_relay();
        }

        # Of one behind a NAT: later requests and sound go to where this came from.
        route[TRANSLATED] {
            if (is_method("REGISTER")) {
                fix_nated_register();
                return;
            }
            add_contact_alias();
            if (has_body("application/sdp")) fix_nated_sdp("2");
        }

        onreply_route[ANSWER] {
            if (src_ip == \(Topology.middleAddress)) route(TRANSLATED);
        }

        """
    }
}
