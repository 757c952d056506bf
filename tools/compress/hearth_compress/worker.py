"""Conversion in a process of its own: TensorFlow Lite's converter and interpreter end their process on some models."""

import concurrent.futures
import multiprocessing
import os
from concurrent.futures.process import BrokenProcessPool

from hearth_compress.refusal import Impossible


class Worker:
    """Starts at once, so that loading TensorFlow a second time overlaps with other work. Close it."""

    def __init__(self):
        self._start()

    def _start(self):
        context = multiprocessing.get_context("spawn")
        self.pool = concurrent.futures.ProcessPoolExecutor(1, context)
        self.pool.submit(_warm_up)

    def convert(self, saved_model, mode, rows, io):
        """As lite.convert, and the result has run once; with the operators that did not quantize."""
        try:
            return self.pool.submit(_convert, saved_model, mode, rows, io).result()
        except BrokenProcessPool:
            self.close()
            self._start()
            raise Impossible("TensorFlow Lite crashes on it")

    def close(self):
        self.pool.shutdown(wait=True, cancel_futures=True)


def _warm_up():
    import hearth_compress.lite  # noqa: F401
    return os.getpid()


def _convert(saved_model, mode, rows, io):
    from hearth_compress import lite
    from hearth_compress.running import LiteRunner, _run
    content = lite.convert(saved_model, mode, rows, io)
    _run(LiteRunner(content), rows[0])
    return content, lite.not_quantized(content) if mode in ("int8", "qat") else []
