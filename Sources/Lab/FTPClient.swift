// A real FTP client on the inside host: curl, lftp, tnftp or Python's ftplib, held to one transfer mode.

import Foundation

/// How to run one client in one mode.
public struct FTPClient: Sendable {
    /// Which program it is.
    public enum Program: String, CaseIterable, Sendable {
        case curl
        case lftp
        case tnftp
        case ftplib
    }

    public let program: Program
    public let mode: TransferMode

    public init(_ program: Program, _ mode: TransferMode) {
        self.program = program
        self.mode = mode
    }

    /// The mode that it really uses. lftp never says EPRT over IPv4: in its source, `Ftp::Do` in src/ftpclass.cc, a
    /// data socket of the family AF_INET leads to "PORT %d,%d,%d,%d,%d,%d", and no setting chooses otherwise.
    public var effectiveMode: TransferMode {
        program == .lftp && mode == .extendedPort ? .port : mode
    }

    /// Does all of `transfers` in one control conversation, on the inside host.
    ///
    /// - Returns: what the client had to say.
    /// - Throws: `LabError` where it is not content, or takes more than `limit` seconds.
    @discardableResult
    public func run(
        _ transfers: [Transfer], with server: FTPServer, in hosts: any Hosts, limit: TimeInterval = 120
    ) throws -> ChildProcess.Outcome {
        let process = try start(transfers, with: server, in: hosts)
        let outcome = try process.wait(limit: limit)
        guard outcome.status == 0 else {
            throw LabError(
                "\(program.rawValue), \(mode.rawValue): exit code \(outcome.status)\n\(outcome.output)\(outcome.errors)"
            )
        }
        return outcome
    }

    /// Begins `transfers` and does not wait.
    public func start(
        _ transfers: [Transfer], with server: FTPServer, in hosts: any Hosts, options: [String] = []
    ) throws -> ChildProcess {
        let host = hosts.outsideAddress
        let command =
            switch program {
            case .curl: curl(transfers, host, server.user, options)
            case .lftp: lftp(transfers, host, server.user)
            case .tnftp: try tnftp(transfers, host, server.user, hosts)
            case .ftplib: try ftplib(transfers, host, server.user)
            }
        return try hosts.inside.start(command)
    }

    private func curl(_ transfers: [Transfer], _ host: String, _ user: String, _ options: [String]) -> [String] {
        let modeOptions =
            switch mode {
            case .port: ["--ftp-port", "-", "--disable-eprt"]
            case .extendedPort: ["--ftp-port", "-"]
            case .passive: ["--disable-epsv", "--no-ftp-skip-pasv-ip"]
            case .extendedPassive: ["--no-ftp-skip-pasv-ip"]
            }
        let steps = transfers.map { transfer in
            let what =
                switch transfer {
                case .download(let remote, let local): ["--output", local, "ftp://\(host)/files/\(remote)"]
                case .upload(let local, let remote): ["--upload-file", local, "ftp://\(host)/files/\(remote)"]
                case .list(let local): ["--output", local, "ftp://\(host)/files/"]
                }
            // --next forgets every option.
            return ["--silent", "--show-error", "--user", "\(user):lab"] + modeOptions + options + what
        }
        return ["curl", "--fail-early"] + Array(steps.joined(separator: ["--next"]))
    }

    private func lftp(_ transfers: [Transfer], _ host: String, _ user: String) -> [String] {
        let isPassive = mode == .passive || mode == .extendedPassive
        let settings = [
            "cmd:fail-exit yes", "net:max-retries 1", "net:timeout 20", "ftp:ssl-allow no", "xfer:clobber yes",
            "ftp:passive-mode \(isPassive)", "ftp:prefer-epsv \(mode == .extendedPassive)",
            // It would otherwise take the control connection's address, whatever a 227 says.
            "ftp:fix-pasv-address no",
        ]
        let steps = transfers.map { transfer in
            switch transfer {
            case .download(let remote, let local): "get '\(remote)' -o '\(local)'"
            case .upload(let local, let remote): "put '\(local)' -o '\(remote)'"
            case .list(let local): "ls >'\(local)'"
            }
        }
        let script = settings.map { "set \($0)" } + ["open -u \(user),lab \(host)/files"] + steps + ["bye"]
        return ["lftp", "-c", script.joined(separator: "; ")]
    }

    /// It reads its commands from standard input, and exits with 0 whatever happens.
    private func tnftp(
        _ transfers: [Transfer], _ host: String, _ user: String, _ hosts: any Hosts
    ) throws -> [String] {
        let isPassive = mode == .passive || mode == .extendedPassive
        let isExtended = mode == .extendedPort || mode == .extendedPassive
        let steps = transfers.map { transfer in
            switch transfer {
            case .download(let remote, let local): "get \(remote) \(local)"
            case .upload(let local, let remote): "put \(local) \(remote)"
            case .list(let local): "ls . \(local)"
            }
        }
        let script =
            [
                "passive \(isPassive ? "on" : "off")", "epsv4 \(isExtended ? "on" : "off")", "open \(host)",
                "user \(user) lab", "binary", "cd files",
            ] + steps + ["bye"]
        let file = "\(hosts.sandbox.directory)/tnftp-\(mode.rawValue).script"
        try (script.joined(separator: "\n") + "\n").write(toFile: file, atomically: false, encoding: .utf8)
        return ["sh", "-c", "exec tnftp -i -n -v <'\(file)'"]
    }

    private func ftplib(_ transfers: [Transfer], _ host: String, _ user: String) throws -> [String] {
        let steps = transfers.map { transfer in
            switch transfer {
            case .download(let remote, let local): ["download", remote, local]
            case .upload(let local, let remote): ["upload", local, remote]
            case .list(let local): ["list", "", local]
            }
        }
        let json = String(decoding: try JSONEncoder().encode(steps), as: UTF8.self)
        return ["python3", "-c", FTPClient.python, host, user, mode.rawValue, json]
    }

    /// ftplib alone uses EPRT and EPSV over IPv6 only.
    private static let python = """
        import ftplib, json, socket, sys
        host, user, mode, steps = sys.argv[1:]

        class Client(ftplib.FTP):
            trust_server_pasv_ipv4_address = True

            def makepasv(self):
                if mode == "PASV":
                    return super().makepasv()
                return ftplib.parse229(self.sendcmd("EPSV"), self.sock.getpeername())

            def sendport(self, host, port):
                return super().sendport(host, port) if mode == "PORT" else self.sendeprt(host, port)

        client = Client(host, user, "lab", timeout=20)
        client.cwd("files")
        client.set_pasv(mode in ("PASV", "EPSV"))
        for action, source, target in json.loads(steps):
            if action == "upload":
                with open(source, "rb") as file:
                    client.storbinary("STOR " + target, file, 1 << 18)
                continue
            with open(target, "wb") as file:
                client.retrbinary("LIST" if action == "list" else "RETR " + source, file.write, 1 << 18)
        client.quit()
        """
}
