"""An authenticator app: what it reads off a page, and the six digits that it shows (RFC 6238)."""

import base64
import hashlib
import hmac
import struct
import time


def seed(browser):
    """What it reads off the page of the second factor."""
    text = "".join(browser.text("#factor-seed").split()).upper()
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code(secret, ahead):
    """What it shows so many steps of 30 seconds from now."""
    step = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.new(secret, step, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
