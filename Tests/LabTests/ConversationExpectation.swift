// What happens in each of the scripted conversations of Tests/Conversations/conversations.py, through Sallyport; and
// where the kernel's helper does otherwise, why ours is right.

/// One conversation.
struct ConversationExpectation {
    let name: String
    let account: [String]
    /// Nil where nf_nat_ftp is known to do the same.
    let reasonToDiffer: String?

    init(_ name: String, _ account: [String], unlikeTheKernel reason: String? = nil) {
        self.name = name
        self.account = account
        reasonToDiffer = reason
    }

    static let all = [
        ConversationExpectation("port in one segment", ["server heard 'PORT public,port'", "data works"]),
        ConversationExpectation(
            "port before any other command", ["server heard 'PORT public,port'", "data works"],
            unlikeTheKernel: "it looks only at what follows a line that it has seen"),
        ConversationExpectation(
            "port in three segments", ["server heard 'PORT public,port'", "data works"],
            unlikeTheKernel: "it needs the whole command in one packet, and drops a part for ever; TCP has no packets, "
                + "and RFC 1123 4.1.2.10 forbids to assume any"),
        ConversationExpectation(
            "port typed byte by byte", ["server heard 'PORT public,port'", "data works"],
            unlikeTheKernel: "as above"),
        ConversationExpectation("port in lower case", ["server heard 'port public,port'", "data works"]),
        ConversationExpectation(
            "port between other commands", ["server heard 'NOOP\\r\\nPORT public,port\\r\\nTYPE I'", "data works"],
            unlikeTheKernel: "it looks at the first command of a packet only (RFC 1123 4.1.2.10 again)"),
        ConversationExpectation(
            "two ports in one segment",
            ["server heard 'PORT public,port\\r\\nPORT public,port'", "data works"],
            unlikeTheKernel: "it leaves the second command as it is, with the private address"),
        ConversationExpectation("port retransmitted", ["server heard 'PORT public,port'", "data works"]),
        ConversationExpectation(
            "eprt with another delimiter", ["server heard 'EPRT !1!public!port!'", "data works"],
            unlikeTheKernel: "it writes |; RFC 2428 lets the client choose, and what needs no change stays"),
        ConversationExpectation(
            "port after a telnet interrupt", ["server heard 'ÿôÿòABOR\\r\\nPORT public,port'", "data works"],
            unlikeTheKernel: "it looks at the first command of a packet only"),
        ConversationExpectation(
            "nul after carriage return",
            ["server heard 'CWD a\\r\\x00b'", "client heard '250 ok'", "server heard 'PORT public,port'", "data works"]),
        ConversationExpectation(
            "port refused by the server",
            ["server heard 'PORT public,port'", "client heard '500 no'", "no data", "goes on"],
            unlikeTheKernel: "it lets the connection in before, and in spite of, the reply"),
        ConversationExpectation(
            "port used twice", ["server heard 'PORT public,port'", "data works", "no data"]),
        ConversationExpectation("port used from elsewhere", ["server heard 'PORT public,port'", "no data"]),
        ConversationExpectation(
            "port with octet 256",
            refused("501 No address and port that could be understood."),
            unlikeTheKernel: "it counts on into the next octet, and opens a port that the text does not name"),
        ConversationExpectation(
            "port to a third address",
            refused("504 Data connections go to your own address only."),
            unlikeTheKernel: "it passes the command on: a bounce (RFC 2577 section 3)"),
        ConversationExpectation(
            "port below 1024",
            refused("504 Data connections go to ports from 1024 on only."),
            unlikeTheKernel: "it opens the client's ssh port to the server (RFC 2577 section 3)"),
        ConversationExpectation(
            "lprt", refused("502 Command not implemented, use EPRT."),
            unlikeTheKernel: "it passes the private address on, which nobody can reach; the client learns nothing"),
        ConversationExpectation(
            "port of 70000 bytes", refused("500 Command line too long."),
            unlikeTheKernel: "it drops the first part of the line for ever, so the client hangs"),
        ConversationExpectation(
            "passive without parentheses",
            ["server heard 'PASV'", "client heard '227 Entering Passive Mode server,port'", "goes on"]),
        ConversationExpectation(
            "reply with 227 inside",
            [
                "server heard 'STAT'",
                "client heard '211-status\\r\\n227 Entering Passive Mode (server,port)\\r\\n211 end'", "goes on",
            ]),
        ConversationExpectation(
            "passive reply nobody asked for",
            ["client heard '227 Entering Passive Mode (server,port)'", "goes on"]),
        ConversationExpectation(
            "epsv all",
            [
                "server heard 'EPSV ALL'", "client heard '200 ok'", "server heard 'EPSV'",
                "client heard '229 ok (|||port|)'",
            ] + refused("503 Only EPSV after EPSV ALL."),
            unlikeTheKernel: "it forgets that the client gave PORT up (RFC 2428 section 4)"),
        ConversationExpectation(
            "tls refused",
            [
                "server heard 'AUTH TLS'", "client heard '500 no'", "server heard 'PORT public,port'", "data works",
            ]),
        ConversationExpectation(
            "tls accepted",
            [
                "server heard 'AUTH TLS'", "client heard '234 go'",
                "server heard '\\x17\\x03\\x03\\x00 PORT inside,port\\r\\nxxxxxxx'",
            ]),
        ConversationExpectation(
            "quit and half close",
            ["server heard 'QUIT'", "server at end", "client heard '221 bye'", "client at end"]),
    ]

    /// A command that the server never sees (it gets a NOOP, which keeps its replies in step) and the client is told so.
    private static func refused(_ reply: String) -> [String] {
        ["server heard 'NOOP'", "client heard '\(reply)'", "no data", "goes on"]
    }
}
