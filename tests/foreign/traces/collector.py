"""A collector: takes OTLP over HTTP, decodes it with PyPI's opentelemetry-proto, appends spans as JSON lines.

Usage: collector.py SPANS PORT-FILE. Runs until it is ended.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

spans, port_file = sys.argv[1:3]


def value(any_value):
    kind = any_value.WhichOneof("value")
    return getattr(any_value, kind) if kind else None


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        right = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
        if right:
            request = ExportTraceServiceRequest.FromString(body)
            with open(spans, "a") as out:
                for resource in request.resource_spans:
                    about = attributes(resource.resource.attributes)
                    for scope in resource.scope_spans:
                        for span in scope.spans:
                            out.write(json.dumps({
                                "resource": about, "name": span.name, "kind": span.kind,
                                "trace": span.trace_id.hex(), "span": span.span_id.hex(),
                                "parent": span.parent_span_id.hex(), "start": span.start_time_unix_nano,
                                "end": span.end_time_unix_nano, "attributes": attributes(span.attributes),
                                "links": [link.span_id.hex() for link in span.links],
                                "status": span.status.code, "events": len(span.events)}) + "\n")
        answer = ExportTraceServiceResponse().SerializeToString() if right else b""
        self.send_response(200 if right else 400)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = HTTPServer(("127.0.0.1", 0), Collector)
with open(port_file + ".part", "w") as out:
    out.write(str(server.server_port))
os.rename(port_file + ".part", port_file)
server.serve_forever()
