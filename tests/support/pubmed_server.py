"""A local server in the place of NCBI's E-utilities: it answers efetch, or as told, and notes what it was asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from support.file_server import serving
from support.medline import Article, article_set


@dataclass
class Asked:
    """What the server was asked: the form of each request, and the PMIDs of each that it answered with citations."""

    address: str = ""
    forms: list[Mapping[str, str]] = field(default_factory=list)
    answered: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """An answer in the place of citations; `cut` is how many bytes fewer are sent than announced."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0


@contextmanager
def pubmed(
    articles: Sequence[Article],
    faults: Sequence[Fault] = (),
    before: Callable[[Asked], object] = lambda asked: None,
) -> Iterator[Asked]:
    """A server that knows `articles`; the first requests get `faults`. `before` is called before each answer."""
    known = {article.pmid: article for article in articles}
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            form = {key: values[0] for key, values in parse_qs(self.rfile.read(length).decode()).items()}
            asked.forms.append(form)
            number = len(asked.forms) - 1
            before(asked)
            if self.path != "/eutils/efetch.fcgi":
                answer = Fault(404)
            elif number < len(faults):
                answer = faults[number]
            else:
                pmids = form["id"].split(",")
                asked.answered.append(pmids)
                answer = Fault(body=article_set([known[pmid] for pmid in pmids if pmid in known]))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: len(answer.body) - answer.cut])

        def log_message(self, *arguments):
            pass

    with serving(Handler) as host:
        asked.address = f"http://{host}/eutils/"
        yield asked
