"""A small Hugging Face hub on the loopback interface, for tests of what is downloaded from one.

It answers the file addresses (`[datasets/]ID/resolve/COMMIT/PATH`) and the two questions of the hub's API that a client
asks on the way: what a commit is, and what lies in it. Large files may lie with a storage of another host name.
"""

import hashlib
import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote, urlsplit

from support.file_server import serving

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_API = re.compile(r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)/(?P<what>revision|tree)/(?P<commit>[^/]+)")
_FILE = re.compile(r"/(?P<kind>datasets/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<commit>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True)
class Seen:
    """One request: its method, its path, and the two headers that tests look at."""

    method: str
    path: str
    authorization: str | None
    range: str | None


@dataclass
class Hub:
    """What the hub holds and does, and what it was asked.

    Attributes:
        repositories: "models/ID" or "datasets/ID" -> path -> content, all at COMMIT.
        token: what opens the repositories; None where everybody may read them.
        terms: whether the token's account has yet to accept the terms.
        stored: path -> address, for files that lie elsewhere.
        replaced: path -> content that is sent in place of the one that the commit lists.
        cuts: path -> after how many bytes the connection breaks, one number for each time.
    """

    repositories: Mapping[str, Mapping[str, bytes]]
    token: str | None = None
    terms: bool = False
    stored: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Serve `hub` while the block runs; its `url` is what HF_ENDPOINT takes."""

    class Handler(_Handler):
        shared = hub

    with serving(Handler) as host:
        hub.url = f"http://{host}"
        yield hub


class _Handler(BaseHTTPRequestHandler):
    shared: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub, path = self.shared, unquote(urlsplit(self.path).path)
        authorization = self.headers.get("Authorization")
        hub.seen.append(Seen(self.command, path, authorization, self.headers.get("Range")))
        asked = _API.match(path) or _FILE.fullmatch(path)
        repository = asked and f"{(asked['kind'] or 'models').strip('/')}/{asked['name']}"
        if asked is None or repository not in hub.repositories:
            return self._refuse(404, "RepoNotFound", "Repository not found")
        newest = asked.re is _API and asked["commit"] == "main"
        if asked["commit"] != COMMIT and not newest:
            return self._refuse(404, "RevisionNotFound", "Invalid rev id")
        if hub.token and authorization and authorization != f"Bearer {hub.token}":
            return self._refuse(401, None, "Invalid credentials in Authorization header")
        if asked.re is _API:
            return self._describe(asked["name"], asked["what"], hub.repositories[repository])
        # Everybody may look at what a repository with terms holds, not at its files.
        if hub.token and (hub.terms or not authorization):
            return self._refuse(403 if authorization else 401, "GatedRepo", "Access to this repository is restricted")
        return self._file(asked["path"], hub.repositories[repository])

    def do_HEAD(self) -> None:
        self.do_GET()

    def _describe(self, name: str, what: str, files: Mapping[str, bytes]) -> None:
        if what == "revision":
            siblings = [{"rfilename": path} for path in files]
            return self._send(200, json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode())
        rows = []
        for path, content in files.items():
            row = {"type": "file", "path": path, "size": len(content), "oid": _blob_id(content)}
            if path.endswith(".safetensors"):
                digest = hashlib.sha256(content).hexdigest()
                row["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
            rows.append(row)
        return self._send(200, json.dumps(rows).encode())

    def _file(self, path: str, files: Mapping[str, bytes]) -> None:
        if path not in files:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        content = self.shared.replaced.get(path, files[path])
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{_blob_id(files[path])}"', "Accept-Ranges": "bytes"}
        if path in self.shared.stored:
            headers |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": headers["ETag"]}
            return self._send(302, b"", headers | {"Location": self.shared.stored[path]})
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cuts = self.shared.cuts.get(path) if self.command == "GET" else None
        return self._send(206 if start else 200, content[start:], headers, cuts.pop(0) if cuts else None)

    def _refuse(self, status: int, code: str | None, message: str) -> None:
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _blob_id(content: bytes) -> str:
    """Return git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
