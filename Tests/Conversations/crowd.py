"""Many FTP control conversations at once, both ends in one process, none of which belongs to one of the workers.

    crowd.py INSIDE OUTSIDE SERVER-ADDRESS WORKERS WORKER GO      (network namespaces by name)

Opens 64 conversations, and closes those whose public port is of WORKER's slice of 32768-65535. Says `ready`, waits for
the file GO, has the others carry numbered lines both ways, says `done`, and stays until it is killed. It fails at the
first line that is not the expected one.
"""

import ctypes
import os
import socket
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
INSIDE, OUTSIDE, SERVER, WORKERS, WORKER, GO = sys.argv[1:]
PATIENCE, ROUNDS, LINES = 30, 50, 8


def sockets_of(namespace):
    """Sockets made from now on belong to this namespace."""
    descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if LIBC.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


def conversation(listener):
    client = socket.create_connection((SERVER, 21), PATIENCE)
    server, (_, port) = listener.accept()
    for end in (client, server):
        end.settimeout(PATIENCE)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    owner = (port - 32768) // (32768 // int(WORKERS))
    carry([(server, client)], "220 ready\r\n")
    return client, server, owner


def carry(pairs, text):
    """Has every first socket send the text in single lines, and every second one receive it."""
    for sender, _ in pairs:
        for line in text.splitlines(keepends=True):
            sender.sendall(line.encode())
    for _, receiver in pairs:
        wanted, heard = text.encode(), b""
        while len(heard) < len(wanted):
            heard += receiver.recv(len(wanted) - len(heard)) or sys.exit("a conversation has ended")
        if heard != wanted:
            sys.exit(f"expected {wanted}, heard {heard}")


sockets_of(OUTSIDE)
listener = socket.create_server((SERVER, 21), backlog=64)
sockets_of(INSIDE)
crowd = []
for _ in range(64):
    client, server, owner = conversation(listener)
    if owner == int(WORKER):
        client.close()
        server.close()
    else:
        crowd.append((client, server))
print("ready", flush=True)
while not os.path.exists(GO):
    time.sleep(0.01)
for turn in range(ROUNDS):
    carry(crowd, "".join(f"NOOP {turn}.{line}\r\n" for line in range(LINES)))
    carry([(server, client) for client, server in crowd], "".join(f"200 {turn}.{line}\r\n" for line in range(LINES)))
print(f"done {len(crowd)}", flush=True)
time.sleep(600)
