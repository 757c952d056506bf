"""Makes the variants of a model one after the other, measures each, and writes a version folder."""

import contextlib
import dataclasses
import gzip
import os
import shutil
import tempfile

import numpy as np

from hearth_compress import lite, recurrent, report, saving, scoring, training
from hearth_compress.refusal import CANNOT_COMPRESS, Impossible, Refusal
from hearth_compress.running import LiteRunner, SavedModelRunner, answers, latency
from hearth_compress.training import Training
from hearth_compress.worker import Worker

GROUPS = ("frozen", "float16", "dynamic", "int8", "pruned", "qat")
BATCHES = (1, 32)


@dataclasses.dataclass
class Options:
    out: str
    serve: str = "int8"
    groups: tuple = GROUPS
    output: str = None
    task: str = None
    io: str = "float"
    calibration_rows: int = 200
    max_loss: float = None
    training: Training = dataclasses.field(default_factory=Training)


class Compression:
    """One run of the tool."""

    def __init__(self, source, samples, options, say=print):
        self.source = source
        self.samples = samples
        self.options = options
        self.say = say
        self.rows = []
        self.batch = None
        self.unroll = False
        self.exported = {}
        self.original = None
        self.scoring = None

    def run(self):
        """Gives the version folder and the report; raises Refusal when the variant to serve cannot be made."""
        os.makedirs(self.options.out, exist_ok=True)
        self.work = tempfile.mkdtemp(prefix=".compress-", dir=self.options.out)
        os.chmod(self.work, 0o755)
        self.worker = None
        try:
            self._baseline()
            self.worker = Worker()
            self._saved_model_variants()
            self._lite_variants()
            for group, make in (("pruned", self._pruned), ("qat", self._quantization_aware)):
                if group in self.options.groups:
                    self._trained(group, make)
            return self._publish()
        finally:
            if self.worker:
                self.worker.close()
            shutil.rmtree(self.work, ignore_errors=True)

    # ------------------------------------------------------------ variants

    def _baseline(self):
        """Everything else is compared with it, so its failure ends the run."""
        self.say("original")
        try:
            self._export(self.source.call, self.source.trackable, "original")
            runner = SavedModelRunner(self._path("original"))
            self.original = answers(runner, self.samples.held_out.inputs)
        except Impossible as failure:
            raise Refusal(f"{self.source.path} cannot be used: {failure}")
        bad = [name for name, values in self.original.items()
               if values.dtype.kind == "f" and not np.isfinite(values).all()]
        if bad:
            raise Refusal(f"{self.source.path} itself answers with numbers that are not finite ({', '.join(bad)}).")
        self.scoring = scoring.choose(self.original, self.samples.held_out.labels, self.options.output,
                                      self.options.task)
        self._measure("original", "tensorflow", runner)

    def _saved_model_variants(self):
        if "frozen" in self.options.groups:
            self._attempt("frozen", "tensorflow", self._frozen)

    def _frozen(self):
        saving.freeze(self.source.saved_model or self._path("original"), self._path("frozen"))
        self._measure("frozen", "tensorflow", SavedModelRunner(self._path("frozen"), self._signature()))

    def _signature(self):
        kind = self.source.kind
        return kind.split("signature ")[1] if "signature " in kind else "serving_default"

    def _lite_variants(self):
        self._attempt("float32", "tflite", self._float32)
        for mode in ("float16", "dynamic", "int8"):
            if mode in self.options.groups:
                self._attempt(mode, "tflite", lambda: self._lite(mode, self._open("original"), mode))

    def _float32(self):
        """Finds out whether the batch size can stay open; recurrent layers may not let it."""
        ways = [(False, None, None)]
        if recurrent.can_unroll(self.source.keras):
            ways.insert(0, (True, None, "recurrent layers are written out step by step, so that batches of any size run"))
        if next(iter(self.source.inputs.values())).shape.as_list()[0] is None:
            ways.append((False, 1, "takes one row at a time"))
        first = None
        for self.unroll, self.batch, note in ways:
            try:
                self._lite("float32", self._open("original"), "float32")
                self.rows[-1]["notes"] += [note + (f" ({first})" if first else "")] if note else []
                return
            except Impossible as failure:
                first = first or failure
        self.unroll, self.batch = False, None
        raise first

    def _open(self, name):
        """The SavedModel to convert: as it is, or made for the converter's needs."""
        if self.batch is None and not self.unroll:
            return self._path(name)
        path = os.path.join(self.work, "fixed", f"{name}-{self.batch}")
        if not os.path.exists(path):
            call, model = self.exported[name]
            with recurrent.unrolled(model) if self.unroll else contextlib.nullcontext():
                saving.export(call, self.source.inputs, model, path, self.batch)
        return path

    def _trained(self, group, make):
        if self.source.keras is None:
            self._failed(group, "tensorflow", f"needs a Keras model: {self.source.why_no_keras}")
        elif self.scoring.task == "agreement":
            self._failed(group, "tensorflow", "needs labels (an array `labels` in the data, or --labels)")
        else:
            self._attempt(group, "tensorflow", make)

    def _pruned(self):
        model, sparsity = training.prune(self.source, self.samples, self.scoring, self.options.training)
        self._export_keras(model, "pruned")
        self._measure("pruned", "tensorflow", SavedModelRunner(self._path("pruned")), sparsity=sparsity)
        self._attempt("pruned_lite", "tflite", lambda: self._lite("pruned_lite", self._open("pruned"), "float32"))
        self._attempt("pruned_int8", "tflite", lambda: self._lite("pruned_int8", self._open("pruned"), "int8"))

    def _quantization_aware(self):
        model, left = training.quantization_aware(self.source, self.samples, self.scoring, self.options.training)
        self._export_keras(model, "qat")
        notes = [f"not trained for 8 bits: {', '.join(left)}"] if left else []
        self._measure("qat", "tensorflow", SavedModelRunner(self._path("qat")), notes=notes)
        self._attempt("qat_int8", "tflite", lambda: self._lite("qat_int8", self._open("qat"), "qat"))

    # ------------------------------------------------------------ one variant

    def _attempt(self, name, backend, make):
        if name != "original":
            self.say(name)
        before = len(self.rows)
        try:
            make()
        except Impossible as failure:
            if not any(row["name"] == name for row in self.rows[before:]):
                self._failed(name, backend, str(failure))

    def _failed(self, name, backend, why):
        self.say(f"  {name}: not made, {why}")
        self.rows.append({"name": name, "backend": backend, "failed": why})

    def _path(self, name):
        return os.path.join(self.work, "variants", name, "1")

    def _export(self, call, trackable, name):
        saving.export(call, self.source.inputs, trackable, self._path(name))
        self.exported[name] = (call, trackable)

    def _export_keras(self, model, name):
        """With the original's names of inputs and outputs, whatever the wrappers made of them."""
        from hearth_compress.source import keras_call
        call = keras_call(model, list(self.source.inputs), self.source.keras_outputs, model._nested_inputs)
        extra = [output for output in self.source.outputs if output not in self.source.keras_outputs]
        if extra:
            from hearth_compress.source import Source
            derived = Source("", "", None, "", call, self.source.inputs, self.source.keras_outputs, model)
            derived.add_label(extra[0], self.source.label_of)
            call = derived.call
        self._export(call, model, name)

    def _lite(self, name, saved_model, mode):
        content, left = self.worker.convert(saved_model, mode, self._calibration(), self.options.io)
        runner = LiteRunner(content)
        notes = []
        if runner.batch is not None and name != "float32":
            notes.append(f"takes {runner.batch} row(s) at a time")
        os.makedirs(self._path(name), exist_ok=True)
        with open(os.path.join(self._path(name), "model.tflite"), "wb") as file:
            file.write(content)
        try:
            self._measure(name, "tflite", runner, not_quantized=left, notes=notes,
                          quantization=lite.quantization(content))
        except Impossible:
            shutil.rmtree(os.path.dirname(self._path(name)))
            raise

    def _calibration(self):
        rows = self.samples.train
        size = self.batch or 1
        specs = self.source.inputs
        fixed = next(iter(specs.values())).shape
        if fixed.rank and fixed[0] is not None:
            size = fixed[0]
        count = max(size, min(len(rows), self.options.calibration_rows))
        return [{name: values[begin:begin + size] for name, values in rows.inputs.items()}
                for begin in range(0, count - size + 1, size)]

    def _measure(self, name, backend, runner, **more):
        held_out = self.samples.held_out
        try:
            given = answers(runner, held_out.inputs)
            size, packed = sizes(self._path(name))
            row = {"name": name, "backend": backend, "bytes": size, "gzip_bytes": packed,
                   "score": round(self.scoring.score(given, held_out.labels, self.original), 5),
                   "agreement": round(self.scoring.agreement(given, self.original), 5),
                   "largest_difference": float(f"{scoring.largest_difference(given, self.original):.3g}"),
                   "latency_ms": {str(batch): latency(runner, held_out.inputs, batch) for batch in BATCHES},
                   "notes": []}
        finally:
            runner.close()
        row.update({key: value for key, value in more.items() if value})
        self.rows.append(row)

    # ------------------------------------------------------------ the result

    def _publish(self):
        made = {row["name"]: row for row in self.rows if "failed" not in row}
        failed = {row["name"]: row["failed"] for row in self.rows if "failed" in row}
        wanted = self.options.serve
        if wanted not in made:
            why = failed.get(wanted) or f"it is not among the variants made; they are: {', '.join(made)}"
            raise Refusal(f"{wanted} cannot be served: {why}."
                          + (f" Made were: {', '.join(made)} (--serve=NAME takes another)." if wanted in failed else ""),
                          CANNOT_COMPRESS)
        loss = made["original"]["score"] - made[wanted]["score"]
        if self.options.max_loss is not None and loss > self.options.max_loss:
            raise Refusal(f"{wanted} loses {loss:.4f} of {self.scoring.metric} ({made['original']['score']:.4f} -> "
                          f"{made[wanted]['score']:.4f}), more than --max-loss={self.options.max_loss}.",
                          CANNOT_COMPRESS)
        shutil.rmtree(os.path.join(self.work, "fixed"), ignore_errors=True)
        shutil.copytree(self._path(wanted), self.work, dirs_exist_ok=True)
        summary = report.summary(self)
        report.write(summary, self.work)
        version = 1 + max([int(name) for name in os.listdir(self.options.out) if name.isdigit()], default=0)
        folder = os.path.join(self.options.out, str(version))
        os.rename(self.work, folder)
        return folder, summary


def sizes(folder):
    """Bytes of all files, and bytes of all files packed."""
    size = packed = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                content = file.read()
            size += len(content)
            packed += len(gzip.compress(content, 6))
    return size, packed
