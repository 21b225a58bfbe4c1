"""A server of one's own: started, checked, and stopped with whoever wants it."""

import http.client
import re
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import psutil
import pytest
from support import file_server
from support.waiting import PATIENCE_SECONDS, wait_until

from medinjection.llm.local_server import serving as module
from medinjection.llm.local_server.serving import running_server
from medinjection.records.errors import InputError

# A program with a child of its own, which writes both process ids before it does what its first argument says.
PROGRAM = """
import http.server, signal, subprocess, sys, time
kind, port, pids = sys.argv[1], int(sys.argv[2]), sys.argv[3]
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
import os
open(pids, "w").write(f"{os.getpid()} {child.pid}")
print("loading the model", flush=True)
if kind == "dies":
    sys.exit("the weights are broken")
if kind == "hangs":
    time.sleep(3600)
if kind == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if kind == "slow":
    time.sleep(1)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/stop":
            os._exit(3)
        if self.path == "/close":
            self.server.socket.close()
        self.send_response(200)
        self.end_headers()
        if self.path == "/close":
            self.wfile.flush()
            time.sleep(600)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class Program:
    """The program above, in one of its kinds."""

    def __init__(self, folder):
        self.file, self.pids, self.log = folder / "program.py", folder / "pids", folder / "logs" / "server.log"
        self.file.write_text(PROGRAM)

    def command(self, kind):
        return lambda port: [sys.executable, str(self.file), kind, str(port), str(self.pids)]

    def is_gone(self):
        """Wait for the end of the program and its child."""
        return all(map(ends, map(int, self.pids.read_text().split())))


def ends(pid):
    """Wait for the end of a process, which may wait to be noticed by its parent."""

    def ended():
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    wait_until(ended, "the process ends")
    return True


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


def get(url, path):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_SECONDS)
    connection.request("GET", path)
    return connection.getresponse().status


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt, SystemExit])
def test_a_server_and_its_children_end_with_the_block(program, error):
    def use():
        with running_server(program.command("serves"), program.log, timeout=PATIENCE_SECONDS) as url:
            assert get(url, "/health") == 200
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
            if error:
                raise error("the consumer fails")

    if error:
        with pytest.raises(error, match="the consumer fails"):
            use()
    else:
        use()
    assert program.is_gone()
    assert "loading the model" in program.log.read_text()


def test_a_server_that_ignores_the_request_to_stop_is_killed(program, monkeypatch):
    monkeypatch.setattr(module, "_GRACE", 0.2)
    with running_server(program.command("stubborn"), program.log, timeout=PATIENCE_SECONDS):
        pass
    assert program.is_gone()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_with_the_process_that_wants_it(program, number):
    consumer = f"""
import sys, time
from pathlib import Path
from medinjection.llm.local_server.serving import running_server
command = lambda port: [sys.executable, {str(program.file)!r}, "serves", str(port), {str(program.pids)!r}]
with running_server(command, Path({str(program.log)!r}), timeout={PATIENCE_SECONDS}):
    print("ready", flush=True)
    time.sleep(3600)
"""
    with subprocess.Popen([sys.executable, "-c", consumer], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        process.wait()
    assert program.is_gone()


def test_a_signal_to_all_processes_of_a_job_leaves_none_behind(program):
    before = psutil.Process().children()
    with running_server(program.command("serves"), program.log, timeout=PATIENCE_SECONDS):
        (supervisor,) = (child for child in psutil.Process().children() if child not in before)
        supervisor.terminate()
        supervisor.send_signal(signal.SIGINT)
    assert program.is_gone()


def test_a_server_that_ends_at_its_start_is_reported_with_its_last_words(program):
    with (
        pytest.raises(
            InputError, match=r"(?s)did not start, exit status 1; .*server\.log ends:.*the weights are broken"
        ),
        running_server(program.command("dies"), program.log, timeout=PATIENCE_SECONDS),
    ):
        pytest.fail("it cannot be used")
    assert program.is_gone()


def test_a_server_that_is_never_ready_is_stopped(program, monkeypatch):
    def now():
        """The time is over once the program has said that it loads."""
        return 3600.0 if "loading" in program.log.read_text() else 0.0

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=now, sleep=time.sleep))
    with (
        pytest.raises(InputError, match=r"(?s)not ready within 2 s and is stopped; .*server\.log ends:.*loading"),
        running_server(program.command("hangs"), program.log, timeout=2),
    ):
        pytest.fail("it cannot be used")
    assert program.is_gone()


def test_a_missing_program_is_named(tmp_path):
    with (
        pytest.raises(InputError, match="(?s)did not start.*/nowhere/program: No such file"),
        running_server(lambda port: ["/nowhere/program", str(port)], tmp_path / "log", timeout=PATIENCE_SECONDS),
    ):
        pytest.fail("it cannot be used")


def test_a_server_that_ends_while_it_is_used_is_reported(program, caplog):
    # The block ends at once: that the program has exited is known to nobody yet.
    with (
        running_server(program.command("serves"), program.log, timeout=PATIENCE_SECONDS) as url,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        get(url, "/stop")
    assert program.is_gone()
    assert "the server ended while it was in use, exit status 3" in caplog.text


class Stranger(BaseHTTPRequestHandler):
    """Another program on the port, which says that it is well."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_server_that_closes_its_port_but_does_not_end_is_reported(program, monkeypatch, caplog):
    monkeypatch.setattr(module, "_EXIT_SECONDS", 0.1)
    with running_server(program.command("serves"), program.log, timeout=30) as url:
        assert get(url, "/close") == 200
    assert "the server closed its port while it was in use" in caplog.text
    assert program.is_gone()


def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(program, monkeypatch, caplog):
    free = module._free_port()
    with file_server.serving(Stranger) as address:
        ports = iter([int(address.rpartition(":")[2]), free])
        monkeypatch.setattr(module, "_free_port", lambda: next(ports))
        with running_server(program.command("slow"), program.log, timeout=PATIENCE_SECONDS) as url:
            assert url == f"http://127.0.0.1:{free}"
    assert "was taken by another program meanwhile" in caplog.text
    assert program.log.read_text().count("loading the model") == 2
    assert program.is_gone()


def test_taken_ports_are_not_tried_for_ever(program, monkeypatch):
    with file_server.serving(Stranger) as address:
        monkeypatch.setattr(module, "_free_port", lambda: int(address.rpartition(":")[2]))
        with (
            pytest.raises(InputError, match="(?s)did not start.*Address already in use"),
            running_server(program.command("serves"), program.log, timeout=PATIENCE_SECONDS),
        ):
            pytest.fail("it cannot be used")
