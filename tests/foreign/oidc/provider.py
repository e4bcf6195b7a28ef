"""An OpenID Connect provider (Canaille over SQLite) on a free port of loopback, over TLS.

    provider.py FOLDER CERTIFICATE KEY REDIRECT

Knows one person, anna, and these clients: `tegata` (secret in HTTP Basic, RS256), `open` (no secret, ES256), `posted`
(secret in the form, EdDSA), `odd` (PS512), and `crossed`, whose tokens are made for another. Writes its port to FOLDER/port. Reads commands, a line each, from its standard input:
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
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.serving import make_server

folder, certificate, key, redirect = Path(sys.argv[1]), *sys.argv[2:5]
folder.mkdir(exist_ok=True)


def keys():
    made = RSAKey.generate_key(2048, auto_kid=True), ECKey.generate_key("P-256", auto_kid=True), OKPKey.generate_key("Ed25519", auto_kid=True)
    return [key.as_dict(private=True) for key in made]


listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
app = create_app({
    "SECRET_KEY": "only in tests",
    "SERVER_NAME": f"localhost:{port}",
    "PREFERRED_URL_SCHEME": "https",
    "CANAILLE": {"DATABASE": "sql", "HTMX": False, "JAVASCRIPT": False},
    # its own memory finds codes that are none: it takes one that any of the fields fits
    "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{folder.resolve()}/provider.db"},
    "CANAILLE_OIDC": {"ACTIVE_JWKS": keys()},
})
logging.getLogger("werkzeug").setLevel(logging.WARNING)


def client(name, secret, way, algorithm="RS256"):
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
        id_token_signed_response_alg=algorithm,
    )


with app.app_context():
    save = Backend.instance.save
    anna = models.User(
        formatted_name="Anna Example", family_name="Example", user_name="anna",
        emails=["anna@example.com"], password="a pass phrase",
    )
    save(anna)
    clients = [
        client("tegata", "a: secret+", "client_secret_basic"),
        client("open", None, "none", "ES256"),
        client("posted", "a: secret+", "client_secret_post", "EdDSA"),
        client("odd", "a: secret+", "client_secret_basic", "PS512"),
        client("crossed", "a: secret+", "client_secret_basic"),
    ]
    for one in clients:
        save(one)
    for one in clients:
        one.audience = [clients[0] if one.client_id == "crossed" else one]
        save(one)

server = make_server("127.0.0.1", port, app, threaded=True, ssl_context=(certificate, key), fd=listener.fileno())
threading.Thread(target=server.serve_forever, daemon=True).start()
part = folder / "part"
part.write_text(str(port))
part.rename(folder / "port")
for line in sys.stdin:
    if line.strip() == "rotate":
        app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = keys()
        (folder / "rotated").touch()
