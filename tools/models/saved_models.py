"""Writing small, reproducible SavedModels: what make_models.py and make_fixtures.py share.

tf.saved_model.save names every signature's method `tensorflow/serving/predict` and adds a fingerprint with a random
identifier. `save` puts the right method names in afterwards and drops the fingerprint (nothing that serves reads it),
so that a second run of the scripts writes the same graph.
"""

import json
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

PREDICT = "tensorflow/serving/predict"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def empty_folder(path):
    """Makes `path` a folder with nothing in it."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def edit(path, change):
    """Reads path/saved_model.pb, lets `change` work on its one MetaGraphDef, and writes it back."""
    file = os.path.join(path, "saved_model.pb")
    model = saved_model_pb2.SavedModel()
    with open(file, "rb") as source:
        model.ParseFromString(source.read())
    change(model.meta_graphs[0])
    with open(file, "wb") as target:
        target.write(model.SerializeToString(deterministic=True))


def save(module, path, signatures, methods=None, change=None):
    """Saves `module`. `methods`: signature name -> method name where it is not predict; `change`: see `edit`."""
    empty_folder(path)
    tf.saved_model.save(module, path, signatures=signatures)

    def finish(meta_graph):
        for name, method in (methods or {}).items():
            meta_graph.signature_def[name].method_name = method
        if change:
            change(meta_graph)

    edit(path, finish)
    tidy(path)


def tidy(path):
    """Drops the fingerprint and folders that stayed empty (git would not keep them either)."""
    fingerprint = os.path.join(path, "fingerprint.pb")
    if os.path.exists(fingerprint):
        os.remove(fingerprint)
    for name in ("assets", "variables"):
        folder = os.path.join(path, name)
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)


def method_names(path):
    """Signature name -> method name, as stored."""
    found = {}
    edit(path, lambda meta_graph: found.update(
        (name, signature.method_name) for name, signature in meta_graph.signature_def.items()
        if not name.startswith("__")))
    return found


def example(**features):
    """A serialized tf.Example: float features as float_list, bytes as bytes_list."""
    message = tf.train.Example()
    for name, values in features.items():
        for value in np.ravel(values).tolist():
            if isinstance(value, bytes):
                message.features.feature[name].bytes_list.value.append(value)
            else:
                message.features.feature[name].float_list.value.append(value)
    return message.SerializeToString(deterministic=True)


def exact(values):
    """Nested lists whose numbers are the shortest decimals that read back as the same float32."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        if array.ndim == 0:
            return float(str(array[()]))
        return [exact(row) for row in array]
    return array.tolist()


def write_json(path, value, rows=()):
    """Writes an object, one member a line; the members named in `rows` one row a line."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as target:
        target.write(_render(value, rows, "") + "\n")


def _render(value, rows, indent):
    inner = indent + " "
    members = []
    for name, member in value.items():
        if isinstance(member, dict):
            text = _render(member, rows, inner)
        elif name in rows:
            text = "[\n" + ",\n".join(inner + " " + json.dumps(row) for row in member) + "]"
        else:
            text = json.dumps(member)
        members.append(f"{inner}{json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(members) + "}"


def folder_size(path):
    return sum(os.path.getsize(os.path.join(parent, name))
               for parent, _, names in os.walk(path) for name in names)
