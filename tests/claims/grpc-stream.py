#!/usr/bin/python3
"""grpc-stream.py: both ends of a gRPC call that streams one word.

    grpc-stream.py serve ADDRESS LEAST   serves port 7000, and allows a
                                         ping every LEAST ms; 0: as it
                                         comes
    grpc-stream.py watch ADDRESS EVERY   calls, with a keepalive ping
                                         every EVERY ms, and waits as
                                         long for its answer

Watch says what came, and how the call ended; after 15 s it ends it
itself. gRPC is that of python3-grpcio. Exit status: 0 said.
"""
import sys
import threading
from concurrent import futures

import grpc


class Handler(grpc.GenericRpcHandler):
    """Answers every call with one word, and then with silence."""

    def service(self, handler_call_details):
        def stream(_request, _context):
            yield b"here"
            threading.Event().wait(30)
        return grpc.unary_stream_rpc_method_handler(stream)


what, address, pings = sys.argv[1], sys.argv[2] + ":7000", int(sys.argv[3])
if what == "serve":
    allowed = [] if pings == 0 else [
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", pings)]
    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Handler()], options=allowed)
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination(60)
else:
    channel = grpc.insecure_channel(address, options=[
        ("grpc.keepalive_time_ms", pings), ("grpc.keepalive_timeout_ms", pings),
        ("grpc.http2.max_pings_without_data", 0)])
    try:
        for word in channel.unary_stream("/lab/stream")(b"", timeout=15):
            print(word.decode(), flush=True)
    except grpc.RpcError as error:
        print(f"{error.code().name}: {error.details()}", flush=True)
