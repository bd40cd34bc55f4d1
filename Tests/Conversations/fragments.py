"""SIP messages of several thousand bytes, which UDP brings in fragments. Each end checks what the other has been sent.

    fragments.py server ADDRESS           answers on port 5060 until it is ended
    fragments.py client ADDRESS SERVER    sends messages of growing length from port 5060
"""
import socket
import sys

LENGTHS = [1400, 1500, 3000, 9000, 30000, 60000]


def padding(length):
    return "".join("X-Padding-%d: %s\r\n" % (line, "p" * 60) for line in range(length // 80))


def open_socket(address):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: fragments are allowed
    end.bind((address, 5060))
    end.settimeout(5)
    return end


def serve(address):
    end = open_socket(address)
    end.settimeout(60)
    print("ready", flush=True)
    while True:
        message, peer = end.recvfrom(65535)
        lines = message.decode().split("\r\n")
        via = next(line for line in lines if line.startswith("Via:"))
        if "192.168." in message.decode() or "%s:%d" % peer not in via:
            via = "Via: SIP/2.0/UDP not.translated;branch=z9hG4bK1"
        kept = [line for line in lines if line.split(":")[0] in ("From", "To", "Call-ID", "CSeq", "Contact")]
        answer = "\r\n".join(["SIP/2.0 200 OK", via] + kept) + "\r\n"
        answer += padding(len(message)) + "Content-Length: 0\r\n\r\n"
        end.sendto(answer.encode()[:65000], peer)


def ask(address, server):
    end = open_socket(address)
    for number, length in enumerate(LENGTHS):
        via = "Via: SIP/2.0/UDP %s:5060;rport;branch=z9hG4bK%d" % (address, number)
        contact = "Contact: <sip:phone@%s:5060>" % address
        request = "\r\n".join([
            "MESSAGE sip:server@%s SIP/2.0" % server, via, "Max-Forwards: 70",
            "From: <sip:phone@example.org>;tag=1", "To: <sip:server@example.org>", "Call-ID: fragments-%d" % number,
            "CSeq: %d MESSAGE" % (number + 1), contact]) + "\r\n"
        request += padding(length) + "Content-Length: 0\r\n\r\n"
        end.sendto(request.encode(), (server, 5060))
        answer = end.recv(65535).decode()
        if via not in answer or contact not in answer:
            sys.exit("not translated at %d bytes: %s" % (length, answer[:300]))
        print("%d bytes there, %d back" % (len(request), len(answer)))
    print("translated both ways")


if sys.argv[1] == "server":
    serve(sys.argv[2])
else:
    ask(sys.argv[2], sys.argv[3])
