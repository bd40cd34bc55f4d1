"""Scripted FTP control conversations, both ends in one process, segment by segment.

    conversations.py INSIDE OUTSIDE SERVER-ADDRESS      (network namespaces by name)

Prints one JSON object: the name of every conversation with what happened in it, a list of short phrases. Ports are
left out of them and addresses are named, so that two gateways can be compared.
"""

import ctypes
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 1.5  # seconds after which something is held not to come
LIBC = ctypes.CDLL(None, use_errno=True)
INSIDE, OUTSIDE, SERVER = sys.argv[1:]
NAMES = {"192.168.1.10": "inside", "203.0.113.7": "public", SERVER: "server"}


def sockets_of(namespace):
    """Sockets made from now on belong to this namespace."""
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if LIBC.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def listen(namespace, address, port=0):
    sockets_of(namespace)
    listener = socket.create_server((address, port))
    listener.settimeout(PATIENCE)
    return listener


class End:
    """One end of a control connection."""

    def __init__(self, stream):
        self.stream = stream
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def says(self, *segments):
        """Sends each as a segment of its own: the next leaves when the one before it is acknowledged."""
        for segment in segments:
            self.stream.sendall(segment)
            deadline = time.monotonic() + PATIENCE / 10
            # The kernel has no event for it.
            while self.unacknowledged() and time.monotonic() < deadline:
                time.sleep(0.001)

    def unacknowledged(self):
        return struct.unpack("i", fcntl.ioctl(self.stream, termios.TIOCOUTQ, b"\0" * 4))[0]

    def hears(self, lines=1):
        """The next lines, fewer if they do not come."""
        deadline = time.monotonic() + PATIENCE
        while self.rest.count(b"\n") < lines:
            self.stream.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.stream.recv(65536)
            except (TimeoutError, ConnectionError):
                break
            if not data:
                break
            self.rest += data
        pieces = self.rest.split(b"\n", lines)
        if len(pieces) <= lines:
            pieces.append(b"")
        self.rest = pieces.pop()
        return b"\n".join(pieces).removesuffix(b"\r")

    def is_at_end(self):
        self.stream.settimeout(PATIENCE)
        try:
            return self.stream.recv(1) == b""
        except (TimeoutError, ConnectionError):
            return False


class Conversation:
    """A client inside and a server outside, and the account of what each saw."""

    def __init__(self, logs_in):
        listener = listen(OUTSIDE, SERVER, 21)
        sockets_of(INSIDE)
        stream = socket.create_connection((SERVER, 21), PATIENCE)
        self.client = End(stream)
        self.server = End(listener.accept()[0])
        listener.close()
        self.account = []
        self.listeners = []
        self.server.says(b"220 lab\r\n")
        self.client.hears()
        if logs_in:
            self.client.says(b"USER lab\r\n")
            self.server.hears()
            self.server.says(b"230 in\r\n")
            self.client.hears()

    def port(self):
        """The client listens on a new port; its number."""
        self.listeners.append(listen(INSIDE, "192.168.1.10"))
        return self.listeners[-1].getsockname()[1]

    def argument(self):
        """The same as PORT says it."""
        number = self.port()
        return b"192,168,1,10,%d,%d" % (number >> 8, number & 255)

    def server_hears(self, lines=1):
        """Notes what the server reads; ports and addresses by name."""
        text = self.server.hears(lines).decode("latin-1")
        self.note("server heard", text)
        return text

    def client_hears(self, lines=1):
        text = self.client.hears(lines).decode("latin-1")
        self.note("client heard", text)
        return text

    def note(self, who, text):
        def name(match):
            address = match[2].replace(",", ".")
            return f"{match[1]}{NAMES.get(address, address)},port"

        text = re.sub(r"(?i)(\bPORT |\b227 \D*)(\d+,\d+,\d+,\d+),\d+,\d+", name, text)
        text = re.sub(r"(\d+\.\d+\.\d+\.\d+)(\W)\d+", lambda m: f"{NAMES.get(m[1], m[1])}{m[2]}port", text)
        text = re.sub(r"\|\|\|\d+\|", "|||port|", text)
        if len(text) > 200:
            text = f"{len(text)} bytes"
        self.account.append(f"{who} {text!r}" if text else f"{who} nothing")

    def accepts_port(self, heard):
        """The server agrees, and makes the data connection."""
        self.server.says(b"200 ok\r\n")
        self.client.hears()
        self.data(heard)

    def takes_it(self):
        """The server agrees to whatever reaches it, and tries what it was told."""
        heard = self.server_hears()
        self.server.says(b"200 ok\r\n")
        self.client_hears()
        self.data(heard)

    def data(self, heard, source=SERVER):
        """The server connects to where the command that it heard told it to, and both ends say something."""
        self.account.append("data works" if self.connect(heard, source) else "no data")

    def connect(self, heard, source):
        target = endpoint(heard)
        if target is None:
            return False
        sockets_of(OUTSIDE)
        try:
            stream = socket.create_connection(target, PATIENCE, (source, 0))
        except OSError:
            return False
        try:
            accepted = self.listeners[-1].accept()[0]
            stream.settimeout(PATIENCE)
            accepted.settimeout(PATIENCE)
            stream.sendall(b"down")
            accepted.sendall(b"up")
            return accepted.recv(4) == b"down" and stream.recv(2) == b"up"
        except OSError:
            return False
        finally:
            stream.close()

    def goes_on(self):
        """Whether the two still hear each other."""
        self.server.rest = self.client.rest = b""
        self.client.says(b"NOOP\r\n")
        heard = self.server.hears().endswith(b"NOOP")
        self.server.says(b"200 still here\r\n")
        self.account.append("goes on" if heard and self.client.hears() == b"200 still here" else "broken")

    def close(self):
        for end in (self.client, self.server):
            end.stream.close()
        for listener in self.listeners:
            listener.close()


def endpoint(command):
    """The address and port of the last PORT or EPRT in a text."""
    found = re.findall(r"(?i)PORT (\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", command)
    if found:
        *address, high, low = found[-1]
        return ".".join(address), int(high) << 8 | int(low)
    found = re.findall(r"(?i)EPRT (\W)1\1([0-9.]+)\1(\d+)\1", command)
    return (found[-1][1], int(found[-1][2])) if found else None


# The conversations, in the order in which they are run.


def port_in_one_segment(c):
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    c.accepts_port(c.server_hears())


def port_before_any_other_command(c):
    port_in_one_segment(c)


def port_in_three_segments(c):
    argument = c.argument()
    c.client.says(b"PO", b"RT " + argument[:7], argument[7:] + b"\r\n")
    c.accepts_port(c.server_hears())


def port_typed_byte_by_byte(c):
    c.client.says(*(bytes([byte]) for byte in b"PORT " + c.argument() + b"\r\n"))
    c.accepts_port(c.server_hears())


def port_in_lower_case(c):
    c.client.says(b"port " + c.argument() + b"\r\n")
    c.accepts_port(c.server_hears())


def port_between_other_commands(c):
    c.client.says(b"NOOP\r\nPORT " + c.argument() + b"\r\nTYPE I\r\n")
    heard = c.server_hears(3)
    c.server.says(b"200 noop\r\n")
    c.accepts_port(heard)


def two_ports_in_one_segment(c):
    first = c.argument()
    c.client.says(b"PORT " + first + b"\r\nPORT " + c.argument() + b"\r\n")
    heard = c.server_hears(2)
    c.server.says(b"200 first\r\n")
    c.accepts_port(heard)


def port_retransmitted(c):
    """The server's host loses the command once."""
    rules = """
        table ip loss {
            chain input {
                type filter hook input priority 0
                tcp dport 21 @ih,0,32 0x504f5254 quota until 50 bytes drop
            }
        }
    """
    in_outside = ["ip", "netns", "exec", OUTSIDE, "nft"]
    subprocess.run([*in_outside, "-f", "-"], input=rules, text=True, check=True)
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    c.accepts_port(c.server_hears())
    subprocess.run([*in_outside, "delete", "table", "ip", "loss"], check=True)


def eprt_with_another_delimiter(c):
    c.client.says(b"EPRT !1!192.168.1.10!%d!\r\n" % c.port())
    c.accepts_port(c.server_hears())


def port_after_a_telnet_interrupt(c):
    c.client.says(b"\xff\xf4\xff\xf2ABOR\r\nPORT " + c.argument() + b"\r\n")
    heard = c.server_hears(2)
    c.server.says(b"226 aborted\r\n")
    c.accepts_port(heard)


def nul_after_carriage_return(c):
    c.client.says(b"CWD a\r\0b\r\n")
    c.server_hears()
    c.server.says(b"250 ok\r\n")
    c.client_hears()
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    c.accepts_port(c.server_hears())


def port_refused_by_the_server(c):
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    heard = c.server_hears()
    c.server.says(b"500 no\r\n")
    c.client_hears()
    c.data(heard)
    c.goes_on()


def port_used_twice(c):
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    heard = c.server_hears()
    c.accepts_port(heard)
    c.data(heard)


def port_used_from_elsewhere(c):
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    heard = c.server_hears()
    c.server.says(b"200 ok\r\n")
    c.client.hears()
    c.data(heard, source="203.0.113.21")


def port_with_octet_256(c):
    number = c.port()
    c.client.says(b"PORT 192,168,1,10,%d,%d\r\n" % ((number >> 8) + 256, number & 255))
    c.takes_it()
    c.goes_on()


def port_to_a_third_address(c):
    c.client.says(b"PORT 192,168,1,99,200,1\r\n")
    c.takes_it()
    c.goes_on()


def port_below_1024(c):
    c.listeners.append(listen(INSIDE, "192.168.1.10", 22))
    c.client.says(b"PORT 192,168,1,10,0,22\r\n")
    c.takes_it()
    c.goes_on()


def lprt(c):
    c.client.says(b"LPRT 4,4,192,168,1,10,2,200,1\r\n")
    c.takes_it()
    c.goes_on()


def port_of_70000_bytes(c):
    c.client.says(b"PORT ", *[b"1" * 1000] * 70, b"\r\n")
    c.takes_it()
    c.goes_on()


def passive_without_parentheses(c):
    c.client.says(b"PASV\r\n")
    c.server_hears()
    c.server.says(b"227 Entering Passive Mode 203,0,113,20,200,1\r\n")
    c.client_hears()
    c.goes_on()


def reply_with_227_inside(c):
    c.client.says(b"STAT\r\n")
    c.server_hears()
    c.server.says(b"211-status\r\n", b"227 Entering Passive Mode (203,0,113,20,200,1)\r\n", b"211 end\r\n")
    c.client_hears(3)
    c.goes_on()


def passive_reply_nobody_asked_for(c):
    c.server.says(b"227 Entering Passive Mode (203,0,113,20,200,1)\r\n")
    c.client_hears()
    c.goes_on()


def epsv_all(c):
    c.client.says(b"EPSV ALL\r\n")
    c.server_hears()
    c.server.says(b"200 ok\r\n")
    c.client_hears()
    c.client.says(b"EPSV\r\n")
    c.server_hears()
    c.server.says(b"229 ok (|||51201|)\r\n")
    c.client_hears()
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    c.takes_it()
    c.goes_on()


def tls_refused(c):
    c.client.says(b"AUTH TLS\r\n")
    c.server_hears()
    c.server.says(b"500 no\r\n")
    c.client_hears()
    c.client.says(b"PORT " + c.argument() + b"\r\n")
    c.accepts_port(c.server_hears())


def tls_accepted(c):
    """After 234 the bytes are the two ends' own affair, whatever they look like."""
    c.client.says(b"AUTH TLS\r\n")
    c.server_hears()
    c.server.says(b"234 go\r\n")
    c.client_hears()
    c.client.says(b"\x17\x03\x03\x00\x20PORT 192,168,1,10,200,1\r\n" + b"x" * 7 + b"\n")
    c.server_hears(2)


def quit_and_half_close(c):
    c.client.says(b"QUIT\r\n")
    c.client.stream.shutdown(socket.SHUT_WR)
    c.server_hears()
    c.account.append("server at end" if c.server.is_at_end() else "server waits")
    c.server.says(b"221 bye\r\n")
    c.server.stream.shutdown(socket.SHUT_WR)
    c.client_hears()
    c.account.append("client at end" if c.client.is_at_end() else "client waits")


CONVERSATIONS = [
    port_in_one_segment,
    port_before_any_other_command,
    port_in_three_segments,
    port_typed_byte_by_byte,
    port_in_lower_case,
    port_between_other_commands,
    two_ports_in_one_segment,
    port_retransmitted,
    eprt_with_another_delimiter,
    port_after_a_telnet_interrupt,
    nul_after_carriage_return,
    port_refused_by_the_server,
    port_used_twice,
    port_used_from_elsewhere,
    port_with_octet_256,
    port_to_a_third_address,
    port_below_1024,
    lprt,
    port_of_70000_bytes,
    passive_without_parentheses,
    reply_with_227_inside,
    passive_reply_nobody_asked_for,
    epsv_all,
    tls_refused,
    tls_accepted,
    quit_and_half_close,
]


def main():
    accounts = {}
    for script in CONVERSATIONS:
        conversation = Conversation(logs_in=script is not port_before_any_other_command)
        try:
            script(conversation)
        except OSError as error:
            conversation.account.append(f"error {type(error).__name__}")
        finally:
            conversation.close()
        accounts[script.__name__.replace("_", " ")] = conversation.account
    json.dump(accounts, sys.stdout)


main()
