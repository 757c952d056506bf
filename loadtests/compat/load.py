"""Requests without a pause from several clients, REST and gRPC, until told to stop; every failure is kept."""

import http.client
import json
import threading
import time

import grpc

from clients import Grpc, predict_request
from server import until


class Load:
    """model answers y = x / 2 + 2. may_end: whether a refused or orderly closed connection ends a client quietly."""

    def __init__(self, rest, grpc_, model, clients=3, may_end=False):
        self.model, self.may_end = model, may_end
        self.answered, self.failures, self.ended = 0, [], 0
        self.versions = set()
        self._lock, self._stop = threading.Lock(), threading.Event()
        targets = [(self._rest, rest)] * clients + [(self._grpc, grpc_)] * clients
        self._threads = [threading.Thread(target=run, args=(address,), daemon=True) for run, address in targets if address]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.more(20)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        self.join()

    def join(self, seconds=60):
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a request got no answer"

    def more(self, count):
        """Waits for that many more answers."""
        goal = self.answered + count
        until(lambda: self.answered >= goal or self.failures, lambda: f"{goal} answers, has {self.answered}")

    def _note(self, ok, what, version=None):
        with self._lock:
            if ok:
                self.answered += 1
                if version is not None:
                    self.versions.add(version)
            else:
                self.failures.append(f"{time.time():.3f} {what}")

    def _end(self):
        with self._lock:
            self.ended += 1

    def _rest(self, address):
        body = json.dumps({"instances": [5.0]})
        connection = http.client.HTTPConnection(address, timeout=60)
        while not self._stop.is_set():
            try:
                if connection.sock is None:
                    connection.connect()
            except OSError as refusal:
                self._end() if self.may_end else self._note(False, repr(refusal))
                return
            try:
                connection.request("POST", f"/v1/models/{self.model}:predict", body)
                response = connection.getresponse()
                text = response.read()
                if self.may_end and response.status == 503:
                    self._end()
                    return
                self._note(response.status == 200 and b"4.5" in text, f"REST {response.status} {text[:200]}")
            except (OSError, http.client.HTTPException) as failure:
                self._note(False, f"REST {failure!r}")
                connection.close()

    def _grpc(self, address):
        client = Grpc(address)
        request = predict_request(self.model, {"x": [5.0]})
        while not self._stop.is_set():
            try:
                answer = client.prediction.Predict(request, timeout=60)
                self._note(list(answer.outputs["y"].float_val) == [4.5], str(answer)[:200],
                           answer.model_spec.version.value)
            except grpc.RpcError as failure:
                text = failure.details() or ""
                gone = ("Connection refused" in text or "failed to connect" in text or "draining" in text.lower()
                        or "shutting down" in text)
                if self.may_end and failure.code() == grpc.StatusCode.UNAVAILABLE and gone:
                    self._end()
                    break
                self._note(False, f"gRPC {failure.code()} {text}")
        client.close()
