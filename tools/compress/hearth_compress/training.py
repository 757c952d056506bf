"""The two variants that are trained further: pruned, and quantization-aware."""

import dataclasses
import math

import numpy as np
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.quantization.keras import quant_ops
from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
    default_8bit_quantize_registry)
from tensorflow_model_optimization.python.core.sparsity.keras import prune_registry

from hearth_compress.frameworks import tf, tf_keras
from hearth_compress.refusal import Impossible, first_line

FEWEST_WEIGHTS = 128


@dataclasses.dataclass
class Training:
    """epochs: 0 means as many as show the model about 20 000 rows, from 2 to 12."""

    epochs: int = 0
    batch_size: int = 32
    learning_rate: float = 5e-4
    sparsity: float = 0.6
    seed: int = 20

    def epochs_for(self, rows):
        return self.epochs or int(np.clip(20_000 // max(1, rows), 2, 12))


def prune(source, samples, scoring, training):
    """The model with its smallest weights at zero, wrappers stripped; and the share of zeros of each layer."""
    copy = _copy(source)
    pruned = []
    steps = _steps(samples, training)
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        initial_sparsity=0.0, final_sparsity=training.sparsity, begin_step=0, end_step=max(1, int(0.7 * steps)),
        frequency=max(1, steps // 60))

    def wrap(layer):
        weights = sum(int(np.prod(w.shape)) for w in layer.trainable_weights)
        # Of recurrent layers the library's masks never reach the weights (seen with 0.8.0): they would only seem pruned.
        recurrent = isinstance(layer, tf_keras.layers.RNN)
        if recurrent or weights < FEWEST_WEIGHTS or not prune_registry.PruneRegistry.supports(layer):
            return layer
        if not prune_registry.PruneRegistry.make_prunable(layer).get_prunable_weights():
            return layer
        pruned.append(layer.name)
        return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)

    model = _rebuild(copy, wrap)
    if not pruned:
        raise Impossible("it has no layer whose weights can be pruned (dense, convolution, embedding)")
    _fit(source, model, samples, scoring, training, [tfmot.sparsity.keras.UpdatePruningStep()])
    stripped = tfmot.sparsity.keras.strip_pruning(model)
    return stripped, {name: share for name, share in zeros(stripped).items() if name in pruned}


def zeros(model):
    """Share of zeros in each layer's weights, biases apart."""
    shares = {}
    for layer in model.layers:
        weights = [w.numpy() for w in layer.weights if len(w.shape) > 1]
        if weights:
            shares[layer.name] = round(sum(int(np.sum(w == 0)) for w in weights) / sum(w.size for w in weights), 4)
    return shares


def quantization_aware(source, samples, scoring, training):
    """The model with 8-bit steps in its forward pass, trained with them; and the layers that have none."""
    copy = _copy(source)
    registry = default_8bit_quantize_registry.Default8BitQuantizeRegistry()
    taken, left = [], []

    def annotate(layer):
        if isinstance(layer, tf_keras.layers.InputLayer):
            return layer
        if not registry.supports(layer):
            left.append(f"{layer.name} ({type(layer).__name__})")
            return layer
        taken.append(layer.name)
        return tfmot.quantization.keras.quantize_annotate_layer(layer)

    annotated = _rebuild(copy, annotate)
    if not taken:
        raise Impossible("quantization-aware training knows none of its layers")
    try:
        model = tfmot.quantization.keras.quantize_apply(annotated)
    except Exception as failure:
        raise Impossible(f"quantization-aware training does not take this model: {first_line(failure)}")
    _take_ranges(model, samples, training)
    _require_alike(source, model, samples, scoring)
    _fit(source, model, samples, scoring, training, [])
    return model, left


def _require_alike(source, model, samples, scoring, rows=64):
    """The library exchanges the inputs of some layers while it rebuilds a model (seen with 0.8.0): then say so."""
    given = [value[:rows] for value in samples.train.inputs.values()]
    position = source.keras_outputs.index(scoring.output)
    before, after = (np.ravel(tf.nest.flatten(one(tf.nest.pack_sequence_as(one._nested_inputs, given), training=False))
                              [position]) for one in (source.keras, model))
    if before.std() > 0 and not (after.std() > 0 and np.corrcoef(before, after)[0, 1] > 0.7):
        raise Impossible("quantization-aware training rebuilds this model so that it answers otherwise "
                         "(tensorflow-model-optimization exchanges the inputs of some layers)")


def _take_ranges(model, samples, training, batches=60):
    """Lets the ranges of activations follow the data quickly: as shipped they start at 6 and move a thousandth a step."""
    usual = quant_ops.MovingAvgQuantize

    def quick(*arguments, **options):
        return usual(*arguments, **{**options, "ema_decay": 0.6})

    values = list(samples.train.inputs.values())
    rows = len(samples.train)
    quant_ops.MovingAvgQuantize = quick
    try:
        for number in range(batches):
            index = (np.arange(training.batch_size) + number * training.batch_size) % rows
            given = [value[index] for value in values]
            model(tf.nest.pack_sequence_as(model._nested_inputs, given), training=True)
    finally:
        quant_ops.MovingAvgQuantize = usual


def _copy(source):
    """Training changes weights in place, and the original is still needed."""
    model = source.keras
    if any(isinstance(layer, tf_keras.Model) for layer in model.layers):
        raise Impossible("it has a model among its layers; build it flat (call the inner layers themselves)")
    try:
        copy = tf_keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        return copy
    except Exception as failure:
        raise Impossible(f"Keras cannot copy it: {first_line(failure)}")


def _rebuild(model, change):
    try:
        return tf_keras.models.clone_model(model, clone_function=change)
    except Exception as failure:
        raise Impossible(f"its layers cannot be wrapped: {first_line(failure)}")


def _steps(samples, training):
    rows = len(samples.train)
    return training.epochs_for(rows) * math.ceil(rows / training.batch_size)


def _fit(source, model, samples, scoring, training, callbacks):
    """Trains on the one output that has labels; the layers are shared with the whole model."""
    position = source.keras_outputs.index(scoring.output)
    outputs = model.outputs
    trained = tf_keras.Model(model.inputs, outputs[position]) if len(outputs) > 1 else model
    loss = {"classify": tf_keras.losses.CategoricalCrossentropy(from_logits=scoring.logits) if scoring.one_hot
            else tf_keras.losses.SparseCategoricalCrossentropy(from_logits=scoring.logits),
            "binary": tf_keras.losses.BinaryCrossentropy(from_logits=scoring.logits),
            "regress": tf_keras.losses.MeanSquaredError()}[scoring.task]
    tf_keras.utils.set_random_seed(training.seed)
    trained.compile(tf_keras.optimizers.Adam(training.learning_rate), loss)
    rows = samples.train
    values = list(rows.inputs.values())
    labels = rows.labels
    if not scoring.one_hot:
        labels = labels.astype(np.int64 if scoring.task == "classify" else np.float32)
        shape = tuple(outputs[position].shape)
        if scoring.task != "classify" and len(shape) > labels.ndim:
            labels = labels[..., None]
    try:
        history = trained.fit(values if len(values) > 1 else values[0], labels, batch_size=training.batch_size,
                              epochs=training.epochs_for(len(rows)), verbose=0, callbacks=callbacks)
    except (ValueError, tf.errors.OpError) as failure:
        raise Impossible(f"it cannot be trained on these rows: {first_line(failure)}")
    if not np.isfinite(history.history["loss"]).all():
        raise Impossible("training diverged (the loss is not a number); a smaller --learning-rate may help")
