"""A call with a media over TCP (RFC 4145), and bytes both ways on its connection, which each end compares.

    streams.py far ADDRESS ROLE STRANGER    answers one call on port 5060
    streams.py near ADDRESS PEER ROLE       calls PEER, and hangs up while the connection is still open

ROLE is `waits` or `connects`. A far end that connects does so before it answers, as one whose answer takes a longer way
than its connection. Then somebody at the address STRANGER tries the same.
"""
import random
import re
import socket
import sys
import threading
import time

COUNT = 400000
BEHIND = b"behind the end"


def open_signalling(address):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind((address, 5060))
    end.settimeout(15)
    return end


def listen(address):
    end = socket.create_server((address, 7394))
    end.settimeout(15)
    return end


def connect(address, target, limit=15):
    return socket.create_connection(target, limit, (address, 0))


def description(address, role):
    port, setup = (7394, "passive") if role == "waits" else (9, "active")
    return ("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=message %d TCP/MSRP *\r\na=setup:%s\r\n"
            "a=connection:new\r\na=path:msrp://%s:%d/s8a7;tcp\r\n" % (address, address, port, setup, address, port))


def announced(message):
    target = re.search(r"c=IN IP4 (\S+)", message)[1], int(re.search(r"m=message (\d+)", message)[1])
    if target[1] != 9:
        assert "a=path:msrp://%s:%d/s8a7;tcp\r\n" % target in message, message
    return target


def said_by(name):
    return random.Random(name).randbytes(COUNT)


def exchange(name, other, connection):
    """Sends what NAME says, and says whether all has come that the other end says."""
    sender = threading.Thread(target=connection.sendall, args=(said_by(name),))
    sender.start()
    heard = b""
    while len(heard) < COUNT:
        part = connection.recv(65536)
        if not part:
            break
        heard += part
    sender.join()
    print("%s heard %s" % (name, "all" if heard == said_by(other) else "%d bytes" % len(heard)), flush=True)


def is_let_in(address, target):
    try:
        connect(address, target, 1.5)
        return True
    except OSError:
        return False


def answer(address, role, stranger):
    signalling = open_signalling(address)
    server = listen(address)
    print("ready", flush=True)
    connections = []

    def talk(target):
        connections.append(server.accept()[0] if role == "waits" else connect(address, target))
        exchange("far", "near", connections[0])
        if role == "connects":
            print("stranger let in" if is_let_in(stranger, target) else "stranger kept out", flush=True)

    talker = None
    while True:
        message, peer = signalling.recvfrom(65535)
        text = message.decode()
        method = text.split()[0]
        if method == "ACK":
            continue
        if method == "INVITE" and not talker:
            talker = threading.Thread(target=talk, args=(announced(text),))
            talker.start()
            time.sleep(0.3)
        lines = [line for line in text.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        body = description(address, role) if method == "INVITE" else ""
        lines = ["SIP/2.0 200 OK"] + [line + (";tag=far" if line == "To: <sip:far@example.org>" else "")
                                      for line in lines]
        lines += ["Contact: <sip:far@%s:5060>" % address, "Content-Type: application/sdp",
                  "Content-Length: %d" % len(body), "", body]
        signalling.sendto("\r\n".join(lines).encode(), peer)
        if method == "BYE":
            talker.join()
            time.sleep(0.2)
            connections[0].sendall(BEHIND)
            return


def call(address, peer, role):
    signalling = open_signalling(address)
    server = listen(address)

    def request(method, number, tag, body=""):
        lines = ["%s sip:far@%s:5060 SIP/2.0" % (method, peer),
                 "Via: SIP/2.0/UDP %s:5060;branch=z9hG4bK%s" % (address, method), "Max-Forwards: 70",
                 "From: <sip:near@example.org>;tag=near", "To: <sip:far@example.org>" + tag, "Call-ID: streams",
                 "CSeq: %d %s" % (number, method), "Contact: <sip:near@%s:5060>" % address,
                 "Content-Type: application/sdp", "Content-Length: %d" % len(body), "", body]
        signalling.sendto("\r\n".join(lines).encode(), (peer, 5060))

    request("INVITE", 1, "", description(address, role))
    target = announced(signalling.recv(65535).decode())
    request("ACK", 1, ";tag=far")
    connection = server.accept()[0] if role == "waits" else connect(address, target)
    exchange("near", "far", connection)
    print("connected with %s" % connection.getpeername()[0], flush=True)
    time.sleep(3)
    request("BYE", 2, ";tag=far")
    signalling.recv(65535)
    connection.settimeout(2)
    try:
        print("behind the end: %d bytes" % len(connection.recv(100)), flush=True)
    except socket.timeout:
        print("behind the end: nothing", flush=True)


if sys.argv[1] == "far":
    answer(*sys.argv[2:5])
else:
    call(*sys.argv[2:5])
