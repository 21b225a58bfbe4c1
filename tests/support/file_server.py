"""A local server for the tests of downloading: it answers as it is told, and notes what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Yield the host and port of a server with this handler, which runs until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served(answers) -> Iterator[tuple[str, list]]:
    """A server whose i-th request gets the i-th of `answers`, a function (start) -> (status, sent, announced).

    The last answer serves all later requests. Yields the address of a file, and the first bytes that were asked for.
    """
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
            status, sent, announced = answers[min(len(requests), len(answers) - 1)](start)
            requests.append(start)
            self.send_response(status)
            self.send_header("Content-Length", str(announced))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *arguments):
            pass

    with serving(Handler) as host:
        yield f"http://{host}/data.bin", requests


@contextmanager
def hub(content: bytes, redirect: str | None = None) -> Iterator[tuple[str, list[str | None]]]:
    """A server that notes the Authorization of each request, and sends `content`, or on to the address `redirect`."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            self.send_response(302 if redirect else 200)
            if redirect:
                self.send_header("Location", redirect)
            self.send_header("Content-Length", "0" if redirect else str(len(content)))
            self.end_headers()
            if not redirect:
                self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    with serving(Handler) as host:
        yield host, seen
