"""A peer that speaks SIP from a port that is no service's, and a phone that it has learned of.

    oddport.py peer ADDRESS           learns of a phone on port 5060, and asks it from 7070, until it is ended
    oddport.py phone ADDRESS SERVER   lets itself be heard on SERVER, and answers who asks, in fragments, too
"""
import socket
import sys

QUESTIONS = 5


def open_socket(address, port):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: fragments are allowed
    end.bind((address, port))
    end.settimeout(2)
    return end


def request(method, address, port, number, target):
    return "\r\n".join([
        "%s sip:%s SIP/2.0" % (method, target), "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%d" % (address, port, number),
        "Max-Forwards: 70", "From: <sip:a@example.org>;tag=1", "To: <sip:b@example.org>", "Call-ID: odd-%d" % number,
        "CSeq: %d %s" % (number, method), "Content-Length: 0", "", ""]).encode()


def learn(address):
    known, odd = open_socket(address, 5060), open_socket(address, 7070)
    known.settimeout(60)
    print("ready", flush=True)
    while True:
        _, phone = known.recvfrom(65535)
        answers = 0
        for number in range(QUESTIONS):
            odd.sendto(request("OPTIONS", address, 7070, number, "b@%s:%d" % phone), phone)
            try:
                answer, source = odd.recvfrom(65535)
                # From the binding, and not from any other port of the router's.
                answers += source == phone and answer.startswith(b"SIP/2.0 200 OK")
            except socket.timeout:
                pass
        known.sendto(b"%d" % answers, phone)


def answer(address, server):
    phone = open_socket(address, 5060)
    phone.settimeout(20)
    answered = 0
    phone.sendto(request("OPTIONS", address, 5060, 100, server), (server, 5060))
    while True:
        message, peer = phone.recvfrom(65535)
        if not message.startswith(b"OPTIONS"):
            print("%s of %d answers heard" % (message.decode(), QUESTIONS))
            return
        lines = message.split(b"\r\n")
        # Every other answer needs fragments.
        padding = [b"X-Padding: " + b"p" * 60] * (50 * (answered % 2))
        answered += 1
        phone.sendto(b"\r\n".join([b"SIP/2.0 200 OK"] + padding + lines[1:]), peer)


if sys.argv[1] == "peer":
    learn(sys.argv[2])
else:
    answer(sys.argv[2], sys.argv[3])
