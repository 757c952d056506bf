"""Representative data: read, checked against the model's inputs, and divided into a training and a held-out part."""

import dataclasses
import os

import numpy as np

from hearth_compress.refusal import Refusal, first_line

LABEL_KEYS = ("labels", "label", "y", "targets")
FEWEST_ROWS = 10


@dataclasses.dataclass
class Rows:
    """inputs: name -> array, all with the same number of rows; labels: array or None."""

    inputs: dict
    labels: object

    def __len__(self):
        return len(next(iter(self.inputs.values())))

    def take(self, index):
        return Rows({name: values[index] for name, values in self.inputs.items()},
                    None if self.labels is None else self.labels[index])


@dataclasses.dataclass
class Samples:
    train: Rows
    held_out: Rows


def read(source, data, labels=None, held_out=None, seed=20):
    """data: .npz or .npy file; labels: a .npy file or a name in `data`; held_out: as `data`, or a fifth is kept back."""
    for name, spec in source.inputs.items():
        if spec.dtype.name == "string":
            raise Refusal(f"The model's input {name} is text, which cannot be quantized. Give the part behind it, which takes "
                          "numbers (of a Keras model: without TextVectorization or StringLookup), or another --signature.")
    if data is None:
        raise Refusal("Representative data is missing: --data=FILE.npz with one array for each input "
                      f"({', '.join(_described(source))}) and, for accuracy and training, `labels`.")
    rows = _rows(source, data, labels)
    if held_out is not None:
        kept = _rows(source, held_out, labels if labels and not os.path.exists(labels) else None)
        if (kept.labels is None) != (rows.labels is None):
            raise Refusal(f"{held_out if kept.labels is None else data} has no labels, and the other file does.")
        return Samples(rows, kept)
    order = np.random.default_rng(seed).permutation(len(rows))
    kept = max(FEWEST_ROWS // 2, len(rows) // 5)
    return Samples(rows.take(np.sort(order[kept:])), rows.take(np.sort(order[:kept])))


def _described(source):
    return [f"{name} {spec.dtype.name}{_shape(spec.shape)}" for name, spec in source.inputs.items()]


def _shape(shape):
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"


def _rows(source, file, labels):
    arrays = _arrays(file)
    label_values = None
    if labels and os.path.exists(labels):
        label_values = next(iter(_arrays(labels).values()))
    else:
        key = labels or next((key for key in LABEL_KEYS if key in arrays and key not in source.inputs), None)
        if labels and labels not in arrays:
            raise Refusal(f"There is no file {labels}, and {file} has no array of that name; "
                          f"it has: {', '.join(arrays)}.")
        if key:
            label_values = arrays.pop(key)
    inputs = _inputs(source, arrays, file)
    count = len(next(iter(inputs.values())))
    for name, values in inputs.items():
        if len(values) != count:
            raise Refusal(f"{file}: {name} has {len(values)} rows where others have {count}.")
    if count < FEWEST_ROWS:
        raise Refusal(f"{file} has {count} rows; at least {FEWEST_ROWS} are needed, some hundred are better.")
    if label_values is not None:
        _check_labels(label_values, count, file)
    return Rows(inputs, label_values)


def _arrays(file):
    if not os.path.exists(file):
        raise Refusal(f"There is no file {file}.")
    try:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"": loaded}
        arrays = {name: loaded[name] for name in loaded.files}
    except Exception as failure:
        raise Refusal(f"{file} is not an .npz or .npy file with plain arrays: {first_line(failure)}")
    if not arrays:
        raise Refusal(f"{file} holds no arrays.")
    return arrays


def _inputs(source, arrays, file):
    names = list(source.inputs)
    if all(name in arrays for name in names):
        chosen = {name: arrays[name] for name in names}
    elif len(names) == 1 and len(arrays) == 1:
        chosen = {names[0]: next(iter(arrays.values()))}
    else:
        missing = [name for name in names if name not in arrays]
        found = ", ".join(name for name in arrays if name) or "one without a name"
        raise Refusal(f"{file} has no array for the input {', '.join(missing)}. The model's inputs: "
                      f"{', '.join(_described(source))}; arrays in the file: {found}.")
    return {name: _fit(name, values, source.inputs[name], file) for name, values in chosen.items()}


def _fit(name, values, spec, file):
    if values.dtype.kind not in "fiub":
        raise Refusal(f"{file}: {name} is of type {values.dtype}; numbers are needed.")
    if spec.shape.rank is not None:
        if spec.shape.rank == 0:
            raise Refusal(f"The model's input {name} is a scalar: it has no rows to compress for.")
        wrong = values.ndim != spec.shape.rank or any(
            want is not None and want != got for want, got in zip(spec.shape[1:], values.shape[1:]))
        if wrong:
            raise Refusal(f"{file}: {name} has shape {_shape(values.shape)} where the model wants {_shape(spec.shape)}.")
        if spec.shape[0] is not None and len(values) < spec.shape[0]:
            raise Refusal(f"{file}: {name} has {len(values)} rows; the model takes {spec.shape[0]} at once.")
    elif values.ndim == 0:
        raise Refusal(f"{file}: {name} is a single number, not rows.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        bad = np.argwhere(~np.isfinite(values))[0]
        raise Refusal(f"{file}: {name} is {values[tuple(bad)]} at {bad.tolist()}; every number must be finite.")
    target = spec.dtype.as_numpy_dtype
    fitted = values.astype(target)
    if np.dtype(target).kind in "iub" and not np.array_equal(fitted, values):
        raise Refusal(f"{file}: {name} has values that {spec.dtype.name}, the input's type, cannot hold.")
    return fitted


def _check_labels(labels, count, file):
    if labels.dtype.kind not in "fiub":
        raise Refusal(f"{file}: the labels are of type {labels.dtype}; class numbers or measured values are needed.")
    if labels.ndim == 0 or len(labels) != count:
        raise Refusal(f"{file}: there are {labels.shape[0] if labels.ndim else 1} labels for {count} rows.")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise Refusal(f"{file}: some labels are not finite numbers.")
