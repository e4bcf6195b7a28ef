"""A mail server (aiosmtpd) on a free port of loopback: TLS from the first byte, a user, each mail into a file.

    serve.py FOLDER CERTIFICATE KEY

Writes its port to FOLDER/port, and each mail to FOLDER/N.eml. Runs until its standard input ends.
"""

import ssl
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


class Keep:
    """Keeps what comes."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        part = self.folder / f"{self.count}.part"
        part.write_bytes(envelope.content)
        part.rename(self.folder / f"{self.count}.eml")
        return "250 taken"


def known(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"tegata", b"a pass phrase"))


folder = Path(sys.argv[1])
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[2], sys.argv[3])
controller = Controller(
    Keep(folder), hostname="127.0.0.1", port=0, ssl_context=context,
    authenticator=known, auth_required=True, auth_require_tls=False,
)
# the base class asks its own port before anybody can; with port 0 it has to be told which one it got
import socket
taken = socket.socket()
taken.bind(("127.0.0.1", 0))
controller.port = taken.getsockname()[1]
taken.close()
controller.start()
(folder / "port").write_text(str(controller.port))
sys.stdin.read()
controller.stop()
