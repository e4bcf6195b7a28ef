"""Writes an SWUpdate image: a cpio archive in the crc format (magic 070702) of the files given, in their order.

usage: swu.py OUT FILE…
"""

import os
import sys

ALIGN, BLOCK = 4, 512


def pad(data, size):
    return data + b"\0" * (-len(data) % size)


def entry(number, name, content):
    """One file: thirteen fields of eight hex digits, the name, the content, each padded."""
    checksum = sum(content) & 0xFFFFFFFF if name != "TRAILER!!!" else 0
    fields = [number, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, checksum]
    head = b"070702" + b"".join(b"%08X" % field for field in fields)
    return pad(head + name.encode() + b"\0", ALIGN) + pad(content, ALIGN)


def main(out, *files):
    archive = b""
    for number, path in enumerate(files, 1):
        with open(path, "rb") as file:
            archive += entry(number, os.path.basename(path), file.read())
    archive += entry(0, "TRAILER!!!", b"")
    with open(out, "wb") as file:
        file.write(pad(archive, BLOCK))


main(*sys.argv[1:])
