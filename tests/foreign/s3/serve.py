"""An S3 server (moto) over TLS on a free port of loopback, or of ADDRESS, which can go away and come back with all that it holds.

    serve.py FOLDER CERTIFICATE KEY TRUST [ADDRESS]

Makes the bucket `tegata` and a user who may use it and nothing else; from then on every request is judged by its
signature. Writes FOLDER/credentials, FOLDER/port and, last, FOLDER/control: the port of a plain HTTP server that takes
orders as `GET /ORDER[?key=…]` and answers in words. Runs until its standard input ends.

Orders: away, back · bucket-away, bucket-back · objects (their names, one a line) · uploads (how many are unfinished) ·
damage (a byte of key's content), mend (puts it back) · lose (the object goes) · age (all objects are two days older).
"""

import datetime
import http.server
import logging
import os
import sys
import threading
import urllib.parse
from pathlib import Path

# the four acts of this file before judgement begins: user, key, policy, bucket
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
os.environ.update(AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing", AWS_DEFAULT_REGION="us-east-1")

import boto3  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.s3.models import s3_backends  # noqa: E402
from moto.server import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

BUCKET = "tegata"
POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'

folder, certificate, key = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
address, name = (sys.argv[5],) * 2 if len(sys.argv) > 5 else ("127.0.0.1", "localhost")
logging.getLogger("werkzeug").setLevel(logging.WARNING)
WSGIRequestHandler.protocol_version = "HTTP/1.1"
app = DomainDispatcherApplication(create_backend_app)


class Server:
    """Listens, or does not."""

    def __init__(self):
        self.port, self.server = 0, None

    def back(self):
        self.server = make_server(address, self.port, app, threaded=True, ssl_context=(certificate, key))
        self.port = self.server.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def away(self):
        self.server.shutdown()
        self.server.server_close()


def client(service):
    return boto3.client(service, endpoint_url=f"https://{name}:{server.port}", verify=sys.argv[4])


server = Server()
server.back()
iam = client("iam")
iam.create_user(UserName="tegata")
made = iam.create_access_key(UserName="tegata")["AccessKey"]
iam.put_user_policy(UserName="tegata", PolicyName="s3", PolicyDocument=POLICY)
client("s3").create_bucket(Bucket=BUCKET)
buckets = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
kept = {}


def objects():
    return {name: held for name, held in buckets[BUCKET].keys.items()}


def order(name, wanted):
    if name in ("away", "back"):
        getattr(server, name)()
    elif name == "bucket-away":
        kept["bucket"] = buckets.pop(BUCKET)
    elif name == "bucket-back":
        buckets[BUCKET] = kept.pop("bucket")
    elif name == "objects":
        return "".join(f"{held}\n" for held in sorted(objects()))
    elif name == "uploads":
        return str(len(buckets[BUCKET].multiparts))
    elif name == "damage":
        held = objects()[wanted]
        kept[wanted] = held.value
        held.value = held.value[:-1] + bytes([held.value[-1] ^ 1])
    elif name == "mend":
        objects()[wanted].value = kept.pop(wanted)
    elif name == "lose":
        buckets[BUCKET].keys.pop(wanted)
    elif name == "age":
        for held in objects().values():
            held.last_modified -= datetime.timedelta(days=2)
    else:
        raise KeyError(name)
    return "done"


class Control(http.server.BaseHTTPRequestHandler):
    """Takes orders."""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        try:
            status, text = 200, order(url.path[1:], urllib.parse.parse_qs(url.query).get("key", [""])[0])
        except Exception as why:  # whoever ordered sees it
            status, text = 500, repr(why)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


control = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
threading.Thread(target=control.serve_forever, daemon=True).start()
text = f"aws_access_key_id = {made['AccessKeyId']}\naws_secret_access_key = {made['SecretAccessKey']}\n"
os.umask(0o077)
(folder / "credentials").write_text(text)
(folder / "port").write_text(str(server.port))
(folder / "control.part").write_text(str(control.server_port))
(folder / "control.part").rename(folder / "control")
sys.stdin.read()
