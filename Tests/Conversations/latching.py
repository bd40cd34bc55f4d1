"""A call to a phone behind a NAT that it does not know of. Each end says how much of the other's sound it has heard.

    latching.py far ADDRESS         answers one call on port 5060, and announces its own address for its sound
    latching.py near ADDRESS PEER   calls PEER, talks for a second, and hangs up
"""
import re
import socket
import struct
import sys
import threading
import time

PACKETS = 50


def open_socket(address, port):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind((address, port))
    end.settimeout(10)
    return end


def description(address, port):
    return "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n" % (
        address, address, port)


def announced(message):
    return re.search(r"c=IN IP4 (\S+)", message)[1], int(re.search(r"m=audio (\d+)", message)[1])


class Sound:
    """Talks to an endpoint, and counts what comes from there."""

    def __init__(self, address, port):
        self.end = open_socket(address, port)
        self.heard = {}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                _, peer = self.end.recvfrom(2048)
            except socket.timeout:
                return
            self.heard[peer] = self.heard.get(peer, 0) + 1

    def talk(self, peer):
        for number in range(PACKETS):
            self.end.sendto(struct.pack("!BBHII", 0x80, 0, number, 160 * number, 7) + bytes(160), peer)
            time.sleep(0.02)
        time.sleep(0.3)
        print("heard %d" % self.heard.get(peer, 0), flush=True)


def answer(address):
    signalling = open_socket(address, 5060)
    sound = Sound(address, 20000)
    print("ready", flush=True)
    while True:
        message, peer = signalling.recvfrom(65535)
        text = message.decode()
        method = text.split()[0]
        if method == "ACK":
            talker = threading.Thread(target=sound.talk, args=(announced(invite),))
            talker.start()
            continue
        if method == "INVITE":
            invite = text
        lines = [line for line in text.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        body = description(address, 20000) if method == "INVITE" else ""
        lines = ["SIP/2.0 200 OK"] + [line + (";tag=far" if line == "To: <sip:far@example.org>" else "")
                                      for line in lines]
        lines += ["Contact: <sip:far@%s:5060>" % peer[0], "Content-Type: application/sdp",
                  "Content-Length: %d" % len(body), "", body]
        signalling.sendto("\r\n".join(lines).encode(), peer)
        if method == "BYE":
            talker.join()
            return


def call(address, peer):
    signalling = open_socket(address, 5060)
    sound = Sound(address, 30000)

    def request(method, number, tag, body=""):
        lines = ["%s sip:far@%s:5060 SIP/2.0" % (method, peer),
                 "Via: SIP/2.0/UDP %s:5060;branch=z9hG4bK%s" % (address, method), "Max-Forwards: 70",
                 "From: <sip:near@example.org>;tag=near", "To: <sip:far@example.org>" + tag, "Call-ID: latching",
                 "CSeq: %d %s" % (number, method), "Contact: <sip:near@%s:5060>" % address,
                 "Content-Type: application/sdp", "Content-Length: %d" % len(body), "", body]
        signalling.sendto("\r\n".join(lines).encode(), (peer, 5060))

    request("INVITE", 1, "", description(address, 30000))
    target = announced(signalling.recv(65535).decode())
    request("ACK", 1, ";tag=far")
    sound.talk(target)
    request("BYE", 2, ";tag=far")
    signalling.recv(65535)


if sys.argv[1] == "far":
    answer(sys.argv[2])
else:
    call(sys.argv[2], sys.argv[3])
