"""Starts `./hearth serve` on free ports and waits for what it says; nothing here sleeps for a fixed time."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEARTH = os.environ.get("HEARTH", os.path.join(REPOSITORY, "hearth"))
PATIENCE = float(os.environ.get("COMPAT_PATIENCE", "60"))


def until(condition, what, seconds=PATIENCE, pause=0.05):
    """Polls until condition() is true (its value is returned); fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """An HTTP answer, read to its end."""

    def __init__(self, response):
        self.status, self.reason = response.status, response.reason
        self.headers, self.body = response.headers, response.read()

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return f"{self.status} {self.text[:600]}"


def exchange(address, method, target, body=None, headers=None, timeout=PATIENCE):
    """One HTTP/1.1 exchange with the target and the body exactly as given. address: host:port or the path of a socket."""
    connection = UnixConnection(address) if address.startswith("/") else http.client.HTTPConnection(address)
    connection.timeout = timeout
    try:
        if isinstance(body, str):
            body = body.encode()
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        names = {name.lower() for name in headers or {}}
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Server:
    """A server process. flags: name -> value, without the ports, which are free ones unless given."""

    def __init__(self, flags, arguments=(), environment=None, host="127.0.0.1"):
        flags = dict(flags)
        flags.setdefault("port", free_port())
        flags.setdefault("rest_api_port", free_port())
        self.grpc = f"{host}:{flags['port']}"
        self.rest = f"{host}:{flags['rest_api_port']}"
        self.command = [HEARTH, "serve", *(f"--{k}={v}" for k, v in flags.items()), *arguments]
        self._log = tempfile.NamedTemporaryFile(prefix="hearth-", suffix=".log", delete=False)
        # In a folder of its own, since a server reads ./config; in a process group of its own, for ^C.
        self.process = subprocess.Popen(
            self.command, stdout=self._log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(), env={**os.environ, **(environment or {})}, start_new_session=True)

    @property
    def log(self):
        with open(self._log.name, errors="replace") as source:
            return source.read()

    def tail(self):
        return "the server's last lines:\n" + "\n".join(self.log.splitlines()[-40:])

    def open(self):
        """Waits for the open REST port."""
        def answers():
            if self.process.poll() is not None:
                raise AssertionError(f"exited with {self.process.returncode}; {self.tail()}")
            try:
                return exchange(self.rest, "GET", "/v1/models/x", timeout=5)
            except OSError:
                return None
        until(answers, lambda: f"port {self.rest} open; {self.tail()}")
        return self

    def states(self, model):
        return states(self.rest, model)

    def available(self, *models):
        """Waits until each model has an AVAILABLE version."""
        for model in models:
            until(lambda: "AVAILABLE" in self.states(model).values(),
                  lambda: f"{model} AVAILABLE, is {self.states(model)}; {self.tail()}")
        return self

    def exit_code(self, seconds=PATIENCE):
        return self.process.wait(seconds)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(45)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self._log.close()
        if self.process.returncode == 0:
            os.unlink(self._log.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def states(rest, model):
    """version -> state over REST; empty where the server does not know the model."""
    import json
    answer = exchange(rest, "GET", f"/v1/models/{model}")
    if answer.status != 200:
        return {}
    return {int(entry["version"]): entry["state"] for entry in json.loads(answer.body)["model_version_status"]}
