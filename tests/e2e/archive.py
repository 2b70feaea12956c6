"""A published database on a local HTTP server, which fails in every way that one was seen to fail."""
import hashlib
import http.server
import threading
import urllib.parse


def corrupt(data):
    return data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1:]


# --- what a request may meet: called with the handler, the file's bytes and the offset that was asked for (None = all)

def serve(handler, data, start):
    """As it should be."""
    if start is None:
        handler.head(200, len(data))
    elif start >= len(data):
        handler.head(416, 0)
        return
    else:
        handler.head(206, len(data) - start, content_range=f"bytes {start}-{len(data) - 1}/{len(data)}")
    handler.send(data[start or 0:])


def drop(count):
    """Say that all is coming, send so many bytes, and hang up."""
    def trick(handler, data, start):
        if start is None:
            handler.head(200, len(data))
        else:
            handler.head(206, len(data) - start, content_range=f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send(data[start or 0:][:count])
        handler.close_connection = True
    return trick


def hold(count, reached):
    """Send so many bytes and no more, until the client has gone or the test sets `reached.released`."""
    def trick(handler, data, start):
        handler.head(200, len(data))
        handler.send(data[:count])
        reached.set()
        handler.connection.settimeout(0.02)
        while not handler.server.released.is_set():
            try:
                if handler.connection.recv(1) == b"":
                    break
            except TimeoutError:
                pass
            except OSError:
                break
        handler.close_connection = True
    return trick


def instead(change):
    """Another file of its own length: cut off, or with a bit turned."""
    return lambda handler, data, start: serve(handler, change(data), start)


def ignore_range(handler, data, start):
    serve(handler, data, None)


def wrong_part(handler, data, start):
    """A part, but not the one that was asked for."""
    handler.head(206, len(data), content_range=f"bytes 0-{len(data) - 1}/{len(data)}")
    handler.send(data)


def status(code, **headers):
    return lambda handler, data, start: handler.head(code, 0, **headers)


def announce(count):
    """Say that so many bytes are coming, and send what there is."""
    def trick(handler, data, start):
        handler.head(200, count)
        handler.send(data)
        handler.close_connection = True
    return trick


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def head(self, code, length, **headers):
        self.send_response(code)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, data):
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except OSError:  # the client has heard enough
            self.close_connection = True
            return
        self.server.requests[-1][2] += len(data)

    def do_GET(self):
        archive = self.server
        name = urllib.parse.unquote(self.path).removeprefix(archive.prefix)
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else None
        archive.requests.append([name, start, 0])
        tricks = archive.tricks.get(name, [])
        if name not in archive.files:
            self.head(404, 0)
        else:
            (tricks.pop(0) if tricks else serve)(self, archive.files[name], start)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # a client that was killed
            pass

    def log_message(self, *arguments):
        pass


class Archive(http.server.ThreadingHTTPServer):
    """`files` by name; `tricks` has the next requests' for each.  `requests` are [name, offset or None, bytes sent]."""
    daemon_threads = True

    def __init__(self, files, slug="mini", version="1.0.0"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.prefix = f"/files/{slug}/{version}/"
        self.url = f"http://127.0.0.1:{self.server_port}/files"
        self.released = threading.Event()
        self.files = dict(files)
        self.tricks, self.requests = {}, []
        self.publish({name: hashlib.sha256(data).hexdigest() for name, data in files.items()})
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def publish(self, sums):
        """As PhysioNet writes it: one blank."""
        self.files["SHA256SUMS.txt"] = "".join(f"{digest} {name}\n" for name, digest in sums.items()).encode()

    def sent(self, name):
        return sum(request[2] for request in self.requests if request[0] == name)

    def asked(self, name):
        """Offsets that were asked for."""
        return [request[1] for request in self.requests if request[0] == name]

    def close(self):
        self.released.set()
        self.shutdown()
        self.server_close()
