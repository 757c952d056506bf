"""Runs a variant the way a server does: TensorFlow through a prepared session call, TensorFlow Lite through a signature."""

import contextlib
import statistics
import time

import numpy as np

from hearth_compress.frameworks import tf
from hearth_compress.refusal import Impossible, first_line

v1 = tf.compat.v1
CHUNK = 64


class SavedModelRunner:
    """Close it: it holds a session."""

    def __init__(self, path, signature="serving_default"):
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.session = v1.Session(config=v1.ConfigProto(
                intra_op_parallelism_threads=1, inter_op_parallelism_threads=1))
            loaded = v1.saved_model.load(self.session, [tf.saved_model.SERVING], path)
            definition = loaded.signature_def[signature]
        self.inputs = sorted(definition.inputs)
        self.outputs = sorted(definition.outputs)
        self.batch = _fixed(definition.inputs[self.inputs[0]].tensor_shape)
        self.call = self.session.make_callable([definition.outputs[name].name for name in self.outputs],
                                               [definition.inputs[name].name for name in self.inputs])

    def run(self, inputs):
        answer = self.call(*[inputs[name] for name in self.inputs])
        return dict(zip(self.outputs, answer))

    def close(self):
        self.session.close()


def _fixed(shape):
    return shape.dim[0].size if shape.dim and shape.dim[0].size > 0 else None


class LiteRunner:
    """One thread. Floats in and out, also where the model's own inputs and outputs are 8-bit."""

    def __init__(self, model):
        self.interpreter = tf.lite.Interpreter(model_content=model, num_threads=1)
        self.runner = self.interpreter.get_signature_runner()
        self.inputs = self.runner.get_input_details()
        self.outputs = self.runner.get_output_details()
        first = next(iter(self.inputs.values()))["shape_signature"]
        self.batch = int(first[0]) if len(first) and first[0] > 0 else None

    def run(self, inputs):
        # Fused recurrent layers keep their state from call to call otherwise. It fails only before the first call.
        with contextlib.suppress(RuntimeError):
            self.interpreter.reset_all_variables()
        given = {name: self._quantized(inputs[name], detail) for name, detail in self.inputs.items()}
        answer = self.runner(**given)
        return {name: self._real(values, self.outputs[name]) for name, values in answer.items()}

    @staticmethod
    def _quantized(values, detail):
        scale, zero_point = detail["quantization"]
        if not scale or values.dtype.kind != "f":
            return values
        limits = np.iinfo(detail["dtype"])
        steps = np.round(values / scale) + zero_point
        return np.clip(steps, limits.min, limits.max).astype(detail["dtype"])

    @staticmethod
    def _real(values, detail):
        scale, zero_point = detail["quantization"]
        if not scale or values.dtype.kind == "f":
            return values
        return ((values.astype(np.float32) - zero_point) * scale).astype(np.float32)

    def close(self):
        pass


def answers(runner, inputs):
    """Outputs for all rows, by name."""
    rows = len(next(iter(inputs.values())))
    size = runner.batch or CHUNK
    parts = []
    for begin in range(0, rows, size):
        index = np.arange(begin, min(rows, begin + size))
        if runner.batch:
            index = np.resize(index, size)
        parts.append(_run(runner, {name: values[index] for name, values in inputs.items()}))
    return {name: np.concatenate([np.atleast_1d(part[name]) for part in parts])[:rows] for name in parts[0]}


def _run(runner, inputs):
    try:
        return runner.run(inputs)
    except (ValueError, RuntimeError, tf.errors.OpError) as failure:
        raise Impossible(f"it does not run: {first_line(failure)}")


def latency(runner, inputs, batch, seconds=0.25, at_most=300):
    """Median milliseconds of a call with `batch` rows; None when the model takes another number of rows."""
    rows = len(next(iter(inputs.values())))
    if runner.batch not in (None, batch):
        return None
    given = {name: np.ascontiguousarray(values[np.resize(np.arange(rows), batch)]) for name, values in inputs.items()}
    for _ in range(3):
        _run(runner, given)
    times = []
    end = time.perf_counter() + seconds
    while len(times) < at_most and (len(times) < 5 or time.perf_counter() < end):
        begin = time.perf_counter()
        runner.run(given)
        times.append((time.perf_counter() - begin) * 1e3)
    return round(statistics.median(times), 4)
