"""Two phones that learn each other's public endpoints from a server, and then send requests there.

    hairpin.py server ADDRESS                   tells on port 5060 where requests come from, until it is ended
    hairpin.py phones FIRST SECOND SERVER PUBLIC    both phones, each on port 5060 of its own address
"""
import re
import socket
import sys

LENGTHS = [0, 3000, 20000]


def open_socket(address):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: fragments are allowed
    end.bind((address, 5060))
    end.settimeout(5)
    return end


def request(address, target, number, length):
    padding = "".join("X-Padding-%d: %s\r\n" % (line, "p" * 60) for line in range(length // 80))
    return (
        "MESSAGE sip:phone@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;rport;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n"
        "From: <sip:a@example.org>;tag=1\r\nTo: <sip:b@example.org>\r\nCall-ID: %s-%d\r\nCSeq: 1 MESSAGE\r\n"
        "Contact: <sip:a@%s:5060>\r\n%sContent-Length: 0\r\n\r\n"
        % (target, address, number, address, number, address, padding))


def response(message, peer):
    lines = message.decode().split("\r\n")
    kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
    kept[0] = kept[0].replace(";rport", ";received=%s;rport=%d" % peer)
    return ("\r\n".join(["SIP/2.0 200 OK"] + kept) + "\r\nX-Seen: %s:%d\r\n" % peer + "Content-Length: 0\r\n\r\n").encode()


def serve(address):
    end = open_socket(address)
    end.settimeout(60)
    print("ready", flush=True)
    while True:
        message, peer = end.recvfrom(65535)
        end.sendto(response(message, peer), peer)


def learn(end, address, server):
    end.sendto(request(address, server, 0, 0).encode(), (server, 5060))
    host, port = re.search(r"X-Seen: (.*):(\d+)", end.recv(65535).decode()).groups()
    return host, int(port)


def call(addresses, server, public):
    ends = [open_socket(address) for address in addresses]
    seen = [learn(end, address, server) for end, address in zip(ends, addresses)]
    if any(host != public for host, _ in seen):
        sys.exit("not translated: %s" % seen)
    for number, length in enumerate(LENGTHS, 1):
        for caller, callee in ((0, 1), (1, 0)):
            text = request(addresses[caller], "%s:%d" % seen[callee], number, length)
            ends[caller].sendto(text.encode(), seen[callee])
            message, peer = ends[callee].recvfrom(65535)
            arrived = message.decode()
            if peer != seen[caller]:
                sys.exit("comes from %s, not from %s" % (peer, seen[caller]))
            if "MESSAGE sip:phone@%s:5060 " % addresses[callee] not in arrived or addresses[caller] + ":" in arrived:
                sys.exit("not translated: %s" % arrived[:400])
            ends[callee].sendto(response(message, peer), peer)
            answer, peer = ends[caller].recvfrom(65535)
            via = "Via: SIP/2.0/UDP %s:5060;received=%s;rport=5060;branch=z9hG4bK%d" % (
                addresses[caller], addresses[caller], number)
            if peer != seen[callee] or via not in answer.decode():
                sys.exit("answered by %s: %s" % (peer, answer.decode()[:400]))
    print("reached each other")


if sys.argv[1] == "server":
    serve(sys.argv[2])
else:
    call(sys.argv[2:4], sys.argv[4], sys.argv[5])
