// A real FTP server on the outside host: vsftpd, proftpd or pure-ftpd, each with a configuration of its own.

import Foundation

/// A running FTP server on port 21 of the outside host.
///
/// All three offer every mode (PORT, EPRT, PASV, EPSV), reading and writing, and involve no user of the machine.
public final class FTPServer: Sendable {
    /// Which program it is.
    public enum Program: String, CaseIterable, Sendable {
        case vsftpd
        case proftpd
        case pureFTPd = "pure-ftpd"
    }

    /// What it serves, readable and writable: a client sees this directory as `/files`. (vsftpd refuses a writable `/`.)
    public let folder: String
    /// Who logs in; the password is `lab`.
    public let user: String
    private let process: ChildProcess

    /// Starts it, and returns when it listens.
    ///
    /// - Parameters:
    ///   - certificate: proftpd only: a file with a private key and a certificate, for AUTH TLS and CCC.
    ///   - rate: vsftpd only: the bytes a second that it sends at most; 0 is no limit.
    /// - Throws: `LabError` where it is not there or does not start.
    public init(_ program: Program, in hosts: any Hosts, certificate: String? = nil, rate: Int = 0) throws {
        let run = "\(hosts.sandbox.directory)/\(program.rawValue)"
        let root = "\(run)/served"
        folder = "\(root)/files"
        user = program == .vsftpd ? "ftp" : "lab"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder)
        let command =
            switch program {
            case .vsftpd: try FTPServer.vsftpd(run, root, hosts, rate)
            case .proftpd: try FTPServer.proftpd(run, root, hosts, certificate)
            case .pureFTPd: try FTPServer.pureFTPd(run, root, hosts)
            }
        process = try hosts.outside.start(command)
        try hosts.outside.wait(forPort: 21, of: process)
    }

    /// Ends it, and its sessions with it.
    public func stop() throws {
        try process.stop()
    }

    /// Its anonymous user, `ftp`, is the only one that needs no account of the machine. It acts as `daemon`, because
    /// that has a home directory on every machine, which vsftpd enters before it enters anon_root.
    private static func vsftpd(
        _ run: String, _ root: String, _ hosts: any Hosts, _ rate: Int
    ) throws -> [String] {
        let empty = "\(run)/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let configuration = """
            background=NO
            listen=YES
            listen_address=\(hosts.outsideAddress)
            anonymous_enable=YES
            ftp_username=daemon
            nopriv_user=nobody
            secure_chroot_dir=\(empty)
            anon_root=\(root)
            write_enable=YES
            anon_upload_enable=YES
            anon_other_write_enable=YES
            anon_world_readable_only=NO
            anon_umask=000
            anon_max_rate=\(rate)
            no_anon_password=YES
            connect_from_port_20=YES
            xferlog_enable=NO
            seccomp_sandbox=NO
            """
        return [try Programs.server("usr/sbin/vsftpd"), try write(configuration, "\(run)/vsftpd.conf", mode: 0o600)]
    }

    private static func proftpd(
        _ run: String, _ root: String, _ hosts: any Hosts, _ certificate: String?
    ) throws -> [String] {
        let password = try hosts.outside.run("openssl", "passwd", "-5", "lab")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let users = try write("lab:\(password):65534:65534::\(root):/bin/sh\n", "\(run)/users", mode: 0o600)
        let modules = URL(fileURLWithPath: try Programs.server("usr/lib/proftpd/mod_tls.so"))
            .deletingLastPathComponent().path
        let encryption =
            certificate.map {
                """
                LoadModule mod_tls.c
                TLSEngine on
                TLSRSACertificateFile \($0)
                TLSRSACertificateKeyFile \($0)
                TLSOptions NoSessionReuseRequired
                TLSRequired off
                """
            } ?? ""
        let configuration = """
            ServerType standalone
            ServerName lab
            DefaultServer on
            DefaultAddress \(hosts.outsideAddress)
            SocketBindTight on
            Port 21
            UseIPv6 off
            UseReverseDNS off
            User nobody
            Group nogroup
            Umask 000
            ModulePath \(modules)
            \(encryption)
            AuthOrder mod_auth_file.c
            AuthUserFile \(users)
            RequireValidShell off
            DefaultRoot ~
            AllowOverwrite on
            PidFile \(run)/pid
            ScoreboardFile none
            DelayEngine off
            TransferLog none
            WtmpLog off
            """
        return [
            try Programs.server("usr/sbin/proftpd"), "--nodaemon", "--quiet",
            "--config", try write(configuration, "\(run)/proftpd.conf", mode: 0o600),
        ]
    }

    private static func pureFTPd(_ run: String, _ root: String, _ hosts: any Hosts) throws -> [String] {
        let users = "\(run)/users"
        let passwordFile = try write("lab\nlab\n", "\(run)/password", mode: 0o600)
        try hosts.outside.run(
            "sh", "-c",
            """
            '\(try Programs.server("usr/bin/pure-pw"))' useradd lab -f '\(users)' -u 65534 -g 65534 -d '\(root)' \
            -m -F '\(users).pdb' <'\(passwordFile)'
            """)
        return [
            try Programs.server("usr/sbin/pure-ftpd"), "--bind", "\(hosts.outsideAddress),21", "--ipv4only",
            "--login", "puredb:\(users).pdb", "--noanonymous", "--dontresolve", "--chrooteveryone",
            "--umask", "000:000", "--syslogfacility", "none", "--pidfile", "\(run)/pid",
        ]
    }

    private static func write(_ text: String, _ file: String, mode: Int) throws -> String {
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}
