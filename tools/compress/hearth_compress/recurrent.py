"""Recurrent layers, which TensorFlow Lite takes with an open batch size only when their steps are written out."""

import contextlib

from hearth_compress.frameworks import tf_keras

MOST_STEPS = 64


def can_unroll(model):
    """Whether the model is Keras', has recurrent layers, and each goes over few enough steps, known beforehand."""
    if not isinstance(model, tf_keras.Model):
        return False
    layers = _layers(model)
    return bool(layers) and all(_steps(layer) is not None and _steps(layer) <= MOST_STEPS for layer in layers)


@contextlib.contextmanager
def unrolled(model):
    """While it lasts, calls of the model's recurrent layers write out their steps."""
    layers = _layers(model)
    before = [(layer.unroll, getattr(layer, "_could_use_gpu_kernel", None)) for layer in layers]
    try:
        for layer in layers:
            layer.unroll = True
            if hasattr(layer, "_could_use_gpu_kernel"):
                layer._could_use_gpu_kernel = False
        yield
    finally:
        for layer, (unroll, kernel) in zip(layers, before):
            layer.unroll = unroll
            if kernel is not None:
                layer._could_use_gpu_kernel = kernel


def _layers(model):
    return [layer for layer in model._flatten_layers() if isinstance(layer, tf_keras.layers.RNN)]


def _steps(layer):
    spec = layer.input_spec[0] if isinstance(layer.input_spec, (list, tuple)) else layer.input_spec
    shapes = [node.input_shapes for node in layer._inbound_nodes]
    if not shapes:
        # Inside a wrapper a layer is not on the graph itself, but was built for a shape.
        shapes = [getattr(layer, "_build_input_shape", None) or (spec.shape if spec is not None else None)]
    shape = shapes[0][0] if isinstance(shapes[0], list) else shapes[0]
    return None if shape is None or len(shape) < 2 else shape[1]
