"""A small stand-in of vitalrigd for answers that the real one never gives: it says what it is told to say, byte for byte."""
import http.server
import json
import os
import socket
import socketserver
import threading


def reply(status, data, kind="application/json"):
    """An answer of known length; `data` that is no bytes is sent as JSON."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()

    def send(handler):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    return send


def error(status, code, text):
    return reply(status, {"error": {"code": code, "text": text}})


def event(kind, number=None, **data):
    return (f"id: {number}\n" if number else "").encode() + f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class Stream:
    """An event stream, chunk by chunk.  Behind `chunks` it is ended, cut off without an end, or held open until the client or the test lets go."""

    def __init__(self, *chunks, then="end"):
        self.chunks, self.then = chunks, then
        self.released = threading.Event()
        self.left = threading.Event()  # the client has gone

    def __call__(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in self.chunks:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        if self.then == "hold":
            self.hold(handler)
        if self.then == "end":
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    def hold(self, handler):
        handler.connection.settimeout(0.02)
        while not self.released.is_set():
            try:
                if handler.connection.recv(1) == b"":
                    self.left.set()
                    return
            except TimeoutError:
                pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size).decode()
        self.server.daemon.answer(self, body)

    do_GET = do_POST = do_DELETE = handle_any

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients that go away are what this is for


class FakeDaemon:
    """`answers[(method, path)]` is what is sent next, a list in its order whose last one stays; anything else is 404."""

    def __init__(self, path):
        self.path = str(path)
        self.answers, self.requests = {}, []
        self.lock = threading.Lock()
        self.server = None
        self.start()

    def start(self):
        self.server = Server(self.path, Handler)
        self.server.daemon = self
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        os.unlink(self.path)

    def answer(self, handler, body):
        path = handler.path.split("?")[0]
        with self.lock:
            self.requests.append((handler.command, handler.path, dict(handler.headers), body))
            answers = self.answers.get((handler.command, path))
            chosen = answers.pop(0) if isinstance(answers, list) and len(answers) > 1 else answers
        chosen = chosen[0] if isinstance(chosen, list) else chosen
        (chosen or error(404, "NOT_FOUND", f"{path}: there is no such thing"))(handler)

    def asked(self, method, path):
        """The requests of a method and a path without its query: (query, headers, body)."""
        with self.lock:
            return [(p.partition("?")[2], h, b) for m, p, h, b in self.requests
                    if m == method and p.split("?")[0] == path]


def dead_socket(path):
    """A socket file that nobody listens on, as a daemon leaves behind that was killed."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.close()
