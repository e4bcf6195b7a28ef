"""Connections that are kept: asks once on each, waits for a file, and asks once more on the same ones.

Every way to keep one: HTTP/1.1 and HTTP/2, TLS 1.2 and 1.3, after a full handshake and in a resumed session. Prints a
line for each: what it is, the first status, the second.
"""

import itertools
import os
import socket
import ssl
import sys
import time

import h2.config
import h2.connection
import h2.events

port, ca, name, method, path, identity, body, *headers = sys.argv[1:]
content = open(body, "rb").read() if body else b""
headers = [header.split(": ", 1) for header in headers]


class Kept:
    def __init__(self, context, session):
        plain = socket.create_connection(("127.0.0.1", int(port)))
        self.tls = context.wrap_socket(plain, server_hostname="localhost", session=session)
        self.tls.settimeout(30)
        self.two = self.tls.selected_alpn_protocol() == "h2"
        if self.two:
            self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
            self.http.initiate_connection()

    def ask(self):
        return self.ask_two() if self.two else self.ask_one()

    def ask_one(self):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
        lines += [f"{key}: {value}" for key, value in headers]
        self.tls.sendall("\r\n".join(lines + ["", ""]).encode() + content)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _, rest = answer.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        while len(rest) < int(fields["content-length"]):
            rest += self.more()
        return int(head.split()[1])

    def ask_two(self):
        stream = self.http.get_next_available_stream_id()
        fields = [(":method", method), (":path", path), (":scheme", "https"), (":authority", "localhost")]
        fields += [(key.lower(), value) for key, value in headers]
        self.http.send_headers(stream, fields, end_stream=not content)
        if content:
            self.http.send_data(stream, content, end_stream=True)
        status = None
        while True:
            self.tls.sendall(self.http.data_to_send())
            for event in self.http.receive_data(self.more()):
                if isinstance(event, h2.events.ResponseReceived):
                    status = int(dict(event.headers)[":status"])
                elif isinstance(event, h2.events.StreamEnded):
                    return status
                elif isinstance(event, (h2.events.ConnectionTerminated, h2.events.StreamReset)):
                    raise SystemExit(f"the server ended it: {event}")

    def more(self):
        some = self.tls.recv(65536)
        if not some:
            raise SystemExit("the server closed a connection that was to be kept")
        return some


def opened():
    for version, protocol in itertools.product(("TLSv1_2", "TLSv1_3"), ("http/1.1", "h2")):
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        context.set_alpn_protocols([protocol])
        if identity:
            context.load_cert_chain(identity + ".crt", identity + ".key")
        session = None
        for handshake in ("full", "resumed"):
            kept = Kept(context, session)
            assert kept.tls.session_reused == (handshake == "resumed"), f"{version} {handshake}"
            assert (kept.tls.selected_alpn_protocol() or "http/1.1") == protocol, f"{version} {protocol}"
            first = kept.ask()
            session = kept.tls.session
            yield f"{version} {protocol} {handshake}", kept, first


all_kept = list(opened())
open(name + ".begun", "w").close()
while not os.path.exists(name + ".go"):
    time.sleep(0.02)
for what, kept, first in all_kept:
    print(what, first, kept.ask())
