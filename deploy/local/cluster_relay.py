"""A way into the network namespace of a cluster from outside, for a browser: see check_cluster.py --keep."""
import ctypes
import os
import socket
import threading
from pathlib import Path

CLONE_NEWNET = 0x40000000
SIZE = 1 << 16


def children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        # The process has ended.
        return []


def enter(pid):
    """Moves this thread, and no other, into the network namespace of a process."""
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(namespace)


def copy(source, target):
    try:
        while content := source.recv(SIZE):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One of both has gone, and so goes the other.
        source.close()
        target.close()


def connect(client, pid, port):
    with client:
        try:
            enter(pid)
            server = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            return
        server.settimeout(None)
        with server:
            back = threading.Thread(target=copy, args=(server, client), daemon=True)
            back.start()
            copy(client, server)
            back.join()


def listen(parent, port):
    """Relays connections to this port to the same port of the namespace in which the child of `parent` runs."""
    listener = socket.create_server(("127.0.0.1", port))

    def accept():
        while True:
            client, _ = listener.accept()
            inside = children(parent)
            if not inside:
                client.close()
                continue
            threading.Thread(target=connect, args=(client, inside[0], port), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
