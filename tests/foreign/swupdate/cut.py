"""A TCP proxy on loopback that cuts connections: the Nth one that carries enough towards the client is closed when it
has carried so many bytes. Everything else passes.

usage: cut.py TARGET-PORT BYTES…      prints its port; then `cut N after BYTES` for every cut
"""

import socket
import sys
import threading

limits = [int(text) for text in sys.argv[2:]]
lock = threading.Lock()


def cuts(carried):
    """Whether a connection that has carried so much is to be cut now; each limit is used once, in order."""
    with lock:
        if limits and carried >= limits[0]:
            print(f"cut {len(sys.argv) - 1 - len(limits)} after {carried}", flush=True)
            limits.pop(0)
            return True
        return False


def pump(source, sink, ends, counts):
    carried = 0
    try:
        while data := source.recv(16384):
            carried += len(data)
            if counts and cuts(carried):
                break
            sink.sendall(data)
    except OSError:
        pass
    for end in ends:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def carry(client):
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    ends = (client, server)
    back = threading.Thread(target=pump, args=(server, client, ends, True), daemon=True)
    back.start()
    pump(client, server, ends, False)
    back.join()
    for end in ends:
        end.close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()
