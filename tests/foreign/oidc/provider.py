"""An OpenID Connect provider (Canaille, in memory) on a free port of loopback, over TLS.

    provider.py FOLDER CERTIFICATE KEY REDIRECT

Knows one person, anna, and three clients: `tegata` (secret in HTTP Basic), `open` (no secret), and `crossed`, whose
tokens are made for another. Writes its port to FOLDER/port. Reads commands, a line each, from its standard input:
`rotate` gives it a new key; FOLDER/rotated appears when that is done. Ends with its input.
"""

import datetime
import logging
import socket
import sys
import threading
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc.jose import make_default_okp_jwk, make_default_rsa_jwk
from werkzeug.serving import make_server

folder, certificate, key, redirect = Path(sys.argv[1]), *sys.argv[2:5]
folder.mkdir(exist_ok=True)


def keys():
    return [make_default_rsa_jwk().as_dict(private=True)]


listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
app = create_app({
    "SECRET_KEY": "only in tests",
    "SERVER_NAME": f"localhost:{port}",
    "PREFERRED_URL_SCHEME": "https",
    "CANAILLE": {"DATABASE": "memory", "HTMX": False, "JAVASCRIPT": False},
    "CANAILLE_OIDC": {"ACTIVE_JWKS": keys()},
})
logging.getLogger("werkzeug").setLevel(logging.WARNING)


def client(name, secret, way, **more):
    return models.Client(
        client_id=name,
        client_secret=secret,
        client_name=name,
        client_uri="https://tegata.localhost",
        client_id_issued_at=datetime.datetime.now(datetime.timezone.utc),
        redirect_uris=[redirect],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope=["openid"],
        token_endpoint_auth_method=way,
        **more,
    )


with app.app_context():
    save = Backend.instance.save
    anna = models.User(
        formatted_name="Anna Example", family_name="Example", user_name="anna",
        emails=["anna@example.com"], password="a pass phrase",
    )
    save(anna)
    for one in (client("tegata", "a: secret+", "client_secret_basic"), client("open", None, "none")):
        one.audience = [one]
        save(one)
        other = one
    save(client("crossed", "a: secret+", "client_secret_basic", audience=[other]))

server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=(certificate, key), fd=listener.fileno())
threading.Thread(target=server.serve_forever, daemon=True).start()
part = folder / "part"
part.write_text(str(port))
part.rename(folder / "port")
for line in sys.stdin:
    if line.strip() == "rotate":
        app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = keys()
        (folder / "rotated").touch()
