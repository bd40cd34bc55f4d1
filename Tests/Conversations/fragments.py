"""SIP messages of several thousand bytes, which UDP brings in fragments. Each end checks what the other has been sent.

    fragments.py server ADDRESS [reversed]          answers on port 5060, and gives back what comes to 7000, until it is ended
    fragments.py client ADDRESS SERVER [reversed]   sends messages of growing length from port 5060, and others to 7000

Both send the fragments of a datagram in order, or reversed: the last one first. What gets no answer is sent again.
"""
import select
import socket
import struct
import sys

LENGTHS = [1400, 1500, 3000, 9000, 30000, 60000]
FRAGMENT = 1480


def padding(length):
    return "".join("X-Padding-%d: %s\r\n" % (line, "p" * 60) for line in range(length // 80))


def checksum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + bytes(len(data) % 2)))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class End:
    """A port, and how its datagrams leave."""

    def __init__(self, address, port, is_reversed):
        self.address, self.port = address, port
        self.end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.end.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: fragments are allowed
        self.end.bind((address, port))
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) if is_reversed else None
        self.number = port

    def send(self, message, peer):
        if not self.raw:
            self.end.sendto(message, peer)
            return
        ends = socket.inet_aton(self.address) + socket.inet_aton(peer[0])
        length = 8 + len(message)
        header = struct.pack("!HHHH", self.port, peer[1], length, 0)
        proof = checksum(ends + struct.pack("!HH", 17, length) + header + message) or 0xffff
        data = header[:6] + struct.pack("!H", proof) + message
        self.number += 1
        for start in reversed(range(0, length, FRAGMENT)):
            piece = data[start:start + FRAGMENT]
            more = 0x2000 if start + len(piece) < length else 0
            packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(piece), self.number, start // 8 | more, 64, 17, 0)
            self.raw.sendto(packet + ends + piece, peer)

    def ask(self, message, peer):
        """Sends until an answer comes: how often that was in vain, and the answer."""
        for lost in range(8):
            self.send(message, peer)
            if select.select([self.end], [], [], 1)[0]:
                return lost, self.end.recv(65535)
        sys.exit("no answer to %d bytes" % len(message))


def serve(address, is_reversed):
    signalling, other = End(address, 5060, is_reversed), End(address, 7000, is_reversed)
    print("ready", flush=True)
    while True:
        for ready in select.select([signalling.end, other.end], [], [])[0]:
            message, peer = ready.recvfrom(65535)
            if ready is other.end:
                other.send(message, peer)
            else:
                signalling.send(answer(message, peer), peer)


def answer(message, peer):
    lines = message.decode().split("\r\n")
    via = next(line for line in lines if line.startswith("Via:"))
    if "192.168." in message.decode() or "%s:%d" % peer not in via:
        via = "Via: SIP/2.0/UDP not.translated;branch=z9hG4bK1"
    kept = [line for line in lines if line.split(":")[0] in ("From", "To", "Call-ID", "CSeq", "Contact", "Length")]
    length = int(next(line for line in kept if line.startswith("Length:")).split(":")[1])
    if padding(length) not in message.decode():
        via = "Via: SIP/2.0/UDP not.whole;branch=z9hG4bK1"
    text = "\r\n".join(["SIP/2.0 200 OK", via] + kept) + "\r\n" + padding(length) + "Content-Length: 0\r\n\r\n"
    return text.encode()


def converse(address, server, is_reversed):
    end = End(address, 5060, is_reversed)
    for number, length in enumerate(LENGTHS):
        via = "Via: SIP/2.0/UDP %s:5060;rport;branch=z9hG4bK%d" % (address, number)
        contact = "Contact: <sip:phone@%s:5060>" % address
        request = "\r\n".join([
            "MESSAGE sip:server@%s SIP/2.0" % server, via, "Max-Forwards: 70",
            "From: <sip:phone@example.org>;tag=1", "To: <sip:server@example.org>", "Call-ID: fragments-%d" % number,
            "CSeq: %d MESSAGE" % (number + 1), contact, "Length: %d" % length]) + "\r\n"
        request += padding(length) + "Content-Length: 0\r\n\r\n"
        lost, data = end.ask(request.encode(), (server, 5060))
        text = data.decode()
        if via not in text or contact not in text or padding(length) not in text:
            sys.exit("not translated at %d bytes: %s" % (length, text[:300]))
        print("SIP: %d bytes there, %d back, %d lost" % (len(request), len(text), lost))


def echo(address, server, is_reversed):
    end = End(address, 7000, is_reversed)
    for number in range(6):
        message = bytes([number]) * 4000
        lost, data = end.ask(message, (server, 7000))
        if data != message:
            sys.exit("other traffic has changed")
        print("other: %d bytes there and back, %d lost" % (len(message), lost))


address, is_reversed = sys.argv[2], sys.argv[-1] == "reversed"
if sys.argv[1] == "server":
    serve(address, is_reversed)
else:
    for conversation in (converse, echo, converse):
        conversation(address, sys.argv[3], is_reversed)
    print("translated both ways")
