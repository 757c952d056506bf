"""Carries a Keras 3 model over to Keras 2, layer by layer, since pruning and quantization-aware training need that."""

import inspect
import json
import zipfile

import numpy as np

from hearth_compress.frameworks import tf, tf_keras
from hearth_compress.refusal import Refusal, first_line

# Keras 3 writes these down for training or in a form of its own; weights are copied, so none is needed.
DROPPED = ("_initializer", "_regularizer", "_constraint")
# Functions of keras.ops, and the operators, as nodes of a graph. Comparisons make the mask of an embedding.
OPERATIONS = {"Add": tf.add, "Subtract": tf.subtract, "Multiply": tf.multiply, "Divide": tf.divide,
              "TrueDivide": tf.divide, "Equal": tf.equal, "NotEqual": tf.not_equal,
              "Relu": tf.nn.relu, "Sigmoid": tf.nn.sigmoid, "Tanh": tf.nn.tanh}


class _Untranslatable(Exception):
    pass


def load(path):
    """The Keras 2 model, or None, with the Keras 3 model and the reason."""
    import keras
    try:
        original = keras.models.load_model(path, compile=False)
    except Exception as failure:
        own = _own_layers(path)
        if own:
            raise Refusal(f"{path} has layers of your own ({', '.join(own)}), whose code is not in the file: "
                          "export a SavedModel (model.export) and give that.")
        raise Refusal(f"Keras cannot load {path}: {first_line(failure)} (With layers of your own, or Lambda layers: "
                      "export a SavedModel and give that.)")
    try:
        model = _translate(original)
        _require_equal(original, model)
        return model, original, ""
    except _Untranslatable as failure:
        return None, original, f"this Keras 3 model cannot be carried over to Keras 2: {failure}"
    except Exception as failure:
        return None, original, f"this Keras 3 model cannot be carried over to Keras 2: {first_line(failure)}"


def _own_layers(path):
    """Classes that the file names and that are not Keras'; what it holds is read, not run."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except Exception:
        return []
    found, left = set(), [config]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            name, module = str(part.get("class_name", "__")), str(part.get("module") or "")
            if "config" in part and not name.startswith("__") and module.split(".")[0] != "keras":
                found.add(name)
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return sorted(found)


def _translate(original):
    import keras
    if isinstance(original, keras.Sequential):
        graph = original._functional
    else:
        graph = original
    if not hasattr(graph, "_nodes_by_depth"):
        raise _Untranslatable("it is a class of its own, without a graph of layers")
    made = {}
    inputs = [tf_keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name)
              for tensor in graph.inputs]
    outputs = _walk(graph, inputs, made)
    model = tf_keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=original.name)
    for old, new in made.values():
        new.set_weights(old.get_weights())
    return model


def _walk(graph, inputs, made):
    """Calls the graph's layers on Keras 2 tensors; a model inside the model is written out."""
    import keras
    known = {id(tensor): value for tensor, value in zip(graph.inputs, inputs)}
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if node.operation is None or node.is_input:
                continue
            args, kwargs = node.arguments.fill_in(known)
            inner = getattr(node.operation, "_functional", node.operation)
            if hasattr(inner, "_nodes_by_depth"):
                result = _walk(inner, tf.nest.flatten(args), made)
            else:
                kwargs = {name: value for name, value in kwargs.items() if value is not None}
                result = tf.nest.flatten(_counterpart(node.operation, made, keras)(*args, **kwargs))
            known.update((id(tensor), value) for tensor, value in zip(node.output_tensors, result))
    return [known[id(tensor)] for tensor in graph.outputs]


def _counterpart(operation, made, keras):
    if not isinstance(operation, keras.layers.Layer):
        name = type(operation).__name__
        if name not in OPERATIONS:
            raise _Untranslatable(f"Keras 2 has no counterpart of the operation {name}")
        return OPERATIONS[name]
    if id(operation) not in made:
        made[id(operation)] = (operation, _layer(operation, keras))
    return made[id(operation)][1]


def _layer(layer, keras):
    name = type(layer).__name__
    if type(layer).__module__.split(".")[0] != "keras" or not hasattr(tf_keras.layers, name):
        raise _Untranslatable(f"Keras 2 has no layer {name} ({layer.name})")
    kind = getattr(tf_keras.layers, name)
    accepted = {"name", "trainable", "dtype"}
    for base in kind.__mro__:
        accepted.update(inspect.signature(base.__init__).parameters)
    config = {key: value for key, value in layer.get_config().items()
              if key in accepted and not key.endswith(DROPPED)}
    config["dtype"] = layer.dtype_policy.compute_dtype
    if isinstance(getattr(layer, "activation", None), keras.layers.Layer):
        raise _Untranslatable(f"the activation of {layer.name} is a layer")
    if "layer" in config:
        config["layer"] = _layer(getattr(layer, "layer", None) or layer.forward_layer, keras)
        config.pop("backward_layer", None)
    return kind(**{key: value for key, value in config.items() if key not in ("self", "args", "kwargs")})


def _require_equal(original, model, rows=4):
    """Some layers have the same name and weights but count differently; that shows in their answers."""
    random = np.random.default_rng(0)
    values = []
    for tensor in original.inputs:
        shape = [rows] + [8 if size is None else size for size in tensor.shape[1:]]
        integers = tf.as_dtype(tensor.dtype).is_integer
        values.append(random.integers(0, 2, shape).astype(tensor.dtype) if integers
                      else random.normal(size=shape).astype(tensor.dtype))
    structure = getattr(original, "_inputs_struct", 0)
    answer = original(tf.nest.pack_sequence_as(structure, values), training=False)
    again = model(values if len(values) > 1 else values[0], training=False)
    for old, new in zip(tf.nest.flatten(answer), tf.nest.flatten(again)):
        if not np.allclose(np.asarray(old), np.asarray(new), rtol=1e-3, atol=1e-4, equal_nan=True):
            raise _Untranslatable("its layers give other answers there")
