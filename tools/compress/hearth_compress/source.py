"""Reads the model to compress: a Keras file, a SavedModel with Keras' layers in it, or any other SavedModel."""

import dataclasses
import json
import os
import zipfile

from hearth_compress.frameworks import tf, tf_keras
from hearth_compress.refusal import Refusal, first_line


@dataclasses.dataclass
class Source:
    """A model.

    keras: the model as Keras 2 has it, to train further; None when there is none, and `why_no_keras` says why.
    call: takes the inputs by name, gives the outputs by name.
    inputs: name -> tf.TensorSpec; outputs: names in the model's order.
    trackable: keeps the variables that `call` reads.
    saved_model: folder to freeze with all its signatures; None where the model is in no SavedModel.
    """

    path: str
    kind: str
    keras: object
    why_no_keras: str
    call: object
    inputs: dict
    outputs: list
    trackable: object
    saved_model: str = None

    def __post_init__(self):
        self.keras_outputs = list(self.outputs)
        self.label_of = None

    def add_label(self, name, of=None):
        """One more output: the number of the greatest score of the output `of`."""
        of = of or self.outputs[0]
        if name in self.outputs or of not in self.outputs:
            raise Refusal(f"--label-output={name}: the model's outputs are {', '.join(self.outputs)}.")
        inner = self.call

        def call(**values):
            answer = dict(inner(**values))
            return {**answer, name: tf.argmax(answer[of], axis=-1, output_type=tf.int64)}

        self.call = call
        self.label_of = of
        self.outputs = [*self.outputs, name]


def load(path, signature):
    """Loads a model, or raises Refusal."""
    if not os.path.exists(path):
        raise Refusal(f"There is no model at {path}.")
    if os.path.isdir(path):
        return _folder(path, signature)
    if path.endswith((".keras", ".h5", ".hdf5")):
        return _file(path)
    if path.endswith(".tflite"):
        raise Refusal(f"{path} is a TensorFlow Lite file already; give the Keras model or SavedModel it was made of.")
    raise Refusal(f"{path} is not a .keras or .h5 file, nor a folder with a SavedModel.")


# ---------------------------------------------------------------- Keras files

def _file(path):
    version = _keras_version(path)
    if version and int(version.split(".")[0]) >= 3:
        from hearth_compress import keras3
        model, original, why = keras3.load(path)
        as_it_is = of_callable(path, f"Keras {version}, as it is", original, why)
        if model is None:
            return as_it_is
        return of_keras(path, f"Keras {version}", model, list(as_it_is.inputs), as_it_is.outputs)
    return of_keras(path, f"Keras {version or 2}", _keras2(path))


def _keras_version(path):
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("metadata.json"))["keras_version"]
        import h5py
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise Refusal(f"{path} holds weights only; save the whole model (model.save).")
            return file.attrs.get("keras_version", "2")
    except Refusal:
        raise
    except Exception as failure:
        raise Refusal(f"{path} is no Keras model: {first_line(failure)}")


def _keras2(path):
    try:
        return tf_keras.models.load_model(path, compile=False)
    except Exception as failure:
        raise Refusal(f"Keras cannot load {path}: {first_line(failure)} {CUSTOM}")


CUSTOM = "(With layers of your own, or Lambda layers: export a SavedModel and give that.)"


def of_keras(path, kind, model, names=None, outputs=None):
    """names, outputs: of the signature; the model's own where there are none."""
    if not getattr(model, "inputs", None) or not isinstance(model, (tf_keras.Sequential, tf_keras.Model)):
        raise Refusal(f"The Keras model in {path} has never been built: its inputs are not known.")
    names = names or keys(model._nested_inputs) or [tensor.name.split(":")[0] for tensor in model.inputs]
    outputs = outputs or keys(model._nested_outputs) or list(model.output_names)
    names, outputs = _unique(names), _unique(outputs)
    inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name) for name, tensor in zip(names, model.inputs)}
    return Source(path, kind, model, "", keras_call(model, names, outputs, model._nested_inputs), inputs, outputs,
                  model)


def keys(structure):
    """The names in a flat dictionary of tensors, in the order that TensorFlow flattens it; None for anything else."""
    if isinstance(structure, dict) and all(hasattr(value, "shape") for value in structure.values()):
        return sorted(structure)
    return None


def keras_call(model, names, outputs, structure):
    """The model's call by name, without what only training does."""
    def call(**values):
        given = tf.nest.pack_sequence_as(structure, [values[name] for name in names])
        return dict(zip(outputs, tf.nest.flatten(model(given, training=False))))
    return call


def of_callable(path, kind, model, why):
    """A Keras 3 model that could not be carried over to Keras 2."""
    if not getattr(model, "inputs", None):
        raise Refusal(f"The Keras model in {path} has no fixed inputs ({why}). Export a SavedModel and give that.")
    structure = getattr(model, "_inputs_struct", model.inputs[0])
    names = _unique(keys(structure) or [tensor.name for tensor in model.inputs])
    outputs = _unique(keys(getattr(model, "_outputs_struct", None))
                      or [str(name) for name in getattr(model, "output_names", None) or ["output_0"]])
    inputs = {name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name) for name, tensor in zip(names, model.inputs)}
    holder = tf.Module()
    holder.variables_of_model = [variable.value for variable in model.variables]
    return Source(path, kind, None, why, keras_call(model, names, outputs, structure), inputs, outputs, holder)


def _unique(names):
    seen = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


# ---------------------------------------------------------------- SavedModels

def _folder(path, signature):
    if not os.path.exists(os.path.join(path, "saved_model.pb")):
        versions = sorted((name for name in os.listdir(path)
                           if name.isdigit() and os.path.exists(os.path.join(path, name, "saved_model.pb"))), key=int)
        if not versions:
            raise Refusal(f"{path} holds no SavedModel: saved_model.pb is missing.")
        path = os.path.join(path, versions[-1])
    if os.path.exists(os.path.join(path, "keras_metadata.pb")) and signature in (None, "serving_default"):
        try:
            model = tf_keras.models.load_model(path, compile=False)
            if getattr(model, "inputs", None) and model._is_graph_network:
                return of_keras(path, "Keras 2 SavedModel", model)
            why = "the Keras model in this SavedModel is a class of its own, without a graph of layers"
        except Exception as failure:
            why = f"Keras cannot rebuild its layers from this SavedModel: {first_line(failure)}"
    else:
        why = "a plain SavedModel has no layers to wrap; give the Keras model (.keras or .h5) it was made of"
    try:
        loaded = tf.saved_model.load(path)
    except Exception as failure:
        raise Refusal(f"TensorFlow cannot load {path}: {first_line(failure)}")
    signatures = loaded.signatures
    name = signature or ("serving_default" if "serving_default" in signatures else next(iter(signatures), None))
    if name not in signatures:
        raise Refusal(f"{path} has no signature {name or 'at all'}; it has: {', '.join(sorted(signatures)) or 'none'}.")
    function = signatures[name]
    inputs = dict(function.structured_input_signature[1])
    return Source(path, f"SavedModel, signature {name}", None, why, lambda **values: function(**values), inputs,
                  list(function.structured_outputs), loaded, path)
