"""The other ways into the platform that a story needs beside its browser: a program with a token, a device that updates."""

import json
import ssl
import urllib.error
import urllib.request


class Api:
    """The API for who holds `token`; `ca` is the file of the authority behind the certificate at `base`."""

    def __init__(self, base, ca, token):
        self.base, self.token = base, token
        self.trust = ssl.create_default_context(cafile=ca)

    def call(self, method, path, body=None, scheme="Bearer"):
        """Status and answer: what JSON held, else nothing."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"{scheme} {self.token}", "content-type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.trust) as answer:
                return answer.status, _object(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, _object(refused.read())

    def get(self, path):
        """What a GET answers that is permitted."""
        status, answer = self.call("GET", path)
        assert status == 200, f"GET {path}: {status} {answer}"
        return answer

    def post(self, path, body):
        """What a POST answers that is permitted."""
        status, answer = self.call("POST", path, body)
        assert status in (200, 201), f"POST {path}: {status} {answer}"
        return answer


class Hand:
    """The updates of one device (hawkBit's DDI), as its update client asks for them."""

    def __init__(self, api, number, token):
        self.api = Api(api.base, None, token)
        self.api.trust = api.trust
        self.path = f"/DEFAULT/controller/v1/{number}"

    def call(self, method, path="", body=None):
        """Status and answer."""
        return self.api.call(method, self.path + path, body, "TargetToken")

    def status(self):
        """That of a poll."""
        return self.call("GET")[0]

    def offered(self):
        """The path of what is to be installed, if something is."""
        _, answer = self.call("GET")
        link = answer.get("_links", {}).get("deploymentBase", {}).get("href")
        return link and link.split("/controller/v1/")[1].partition("/")[2]

    def install(self, path):
        """Reads what is to be installed, and runs that from then on."""
        status, answer = self.call("GET", "/" + path)
        assert status == 200, f"{path}: {status} {answer}"
        chunk = answer["deployment"]["chunks"][0]
        status, answer = self.call("PUT", "/installedBase", {"name": chunk["name"], "version": chunk["version"]})
        assert status == 201, f"installedBase: {status} {answer}"


def _object(data):
    try:
        return json.loads(data)
    except ValueError:
        return {}
