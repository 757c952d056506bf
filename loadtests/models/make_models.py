"""Writes the models that only the load tests need, and graphs of models that batch inside TensorFlow.

Run: python loadtests/models/make_models.py      (see README.md beside this file)
"""

import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, os.pardir, "tools", "models"))

from saved_models import REPOSITORY, folder_size, save  # noqa: E402  (sets TensorFlow's log level first)

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

SEED = 20
BATCH = 64

# TensorFlow's two schedulers, chosen by the thread count: threads of their own, or the adaptive one with none.
SCHEDULERS = {
    "shared": dict(num_batch_threads=2, max_batch_size=BATCH, batch_timeout_micros=1000, max_enqueued_batches=100),
    "adaptive": dict(num_batch_threads=0, max_batch_size=BATCH, batch_timeout_micros=1000, max_enqueued_batches=100),
}


class Layers(tf.Module):
    """Dense layers with relu between them.

    `repeat` runs the square middle layer that many times. With `copies` each row goes through it that many times at once,
    each time a little different: a batch then costs as much as its rows would alone.
    """

    def __init__(self, sizes, repeat=1, copies=1):
        super().__init__()
        random = np.random.default_rng(SEED)
        self.weights = []
        for rows, columns in zip(sizes, sizes[1:]):
            kernel = random.normal(0, np.sqrt(2 / rows), (rows, columns)).astype(np.float32)
            self.weights.append((tf.Variable(kernel), tf.Variable(np.zeros(columns, np.float32))))
        self.repeat = repeat
        self.copies = copies
        self.width = sizes[0]

    def answer(self, x):
        *hidden, (kernel, bias) = self.weights
        if self.copies > 1:
            scales = tf.linspace(0.5, 1.0, self.copies)
            x = tf.reshape(x[:, None, :] * scales[None, :, None], [-1, self.width])
        for index, (middle_kernel, middle_bias) in enumerate(hidden):
            for _ in range(self.repeat if index == 1 or len(hidden) == 1 else 1):
                x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, middle_kernel), middle_bias))
        if self.copies > 1:
            x = tf.reduce_mean(tf.reshape(x, [-1, self.copies, self.width]), axis=1)
        return tf.nn.softmax(tf.nn.bias_add(tf.matmul(x, kernel), bias))


def signature(module, wrap):
    answer = wrap(module.answer)

    @tf.function(input_signature=[tf.TensorSpec([None, module.width], tf.float32, name="x")])
    def predict(x):
        return {"y": answer(x)}

    return predict


def batched(scheduler):
    """A decorator that puts a function into TensorFlow's in-graph batching op."""
    return tf.nondifferentiable_batch_function(**SCHEDULERS[scheduler], allowed_batch_sizes=None)


def tensors(path):
    """What a checkpoint holds, but for the description of the Python objects that wrote it."""
    reader = tf.train.load_checkpoint(os.path.join(path, "variables", "variables"))
    return {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map() if "OBJECT_GRAPH" not in key}


def write_variant(name, base, make):
    """Keeps only the graph: the variables of `base` fit, since they have the same names. Checks that they do."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "1")
        make(folder)
        made, kept = tensors(folder), tensors(base)
        missing = [key for key in made if key not in kept or not np.array_equal(made[key], kept[key])]
        if missing:
            sys.exit(f"{name}: {base} has other values for {missing}")
        target = os.path.join(HERE, "variants", name + ".pb")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.join(folder, "saved_model.pb"), target)
        print(f"{name}: {os.path.getsize(target)} bytes")


def make_layers(name, sizes, repeat, variants, copies=1):
    module = Layers(sizes, repeat, copies)
    path = os.path.join(HERE, name, "1")
    save(module, path, {"serving_default": signature(module, lambda answer: answer)})
    rows = np.random.default_rng(SEED).random((5, sizes[0]), np.float32)
    wanted = module.answer(tf.constant(rows)).numpy()
    answer = tf.saved_model.load(path).signatures["serving_default"](x=tf.constant(rows))["y"].numpy()
    np.testing.assert_allclose(answer, wanted, atol=1e-5)
    print(f"{name}: {folder_size(path)} bytes, most likely classes {wanted.argmax(1)}")
    for scheduler in SCHEDULERS if variants else ():
        write_variant(f"{name}_{scheduler}", path,
                      lambda folder: save(module, folder, {"serving_default": signature(module, batched(scheduler))}))


class Digits(tf.Module):
    """The shape of the demo model `digits` 2 with the variables of the committed one (tools/models/make_models.py)."""

    def __init__(self, path):
        super().__init__()
        reader = tf.train.load_checkpoint(os.path.join(path, "variables", "variables"))

        def variable(key):
            return tf.Variable(reader.get_tensor(key + "/.ATTRIBUTES/VARIABLE_VALUE"))

        count = sum(key.startswith("convolutions/") for key in reader.get_variable_to_shape_map()) // 2
        self.convolutions = [(variable(f"convolutions/{i}/0"), variable(f"convolutions/{i}/1")) for i in range(count)]
        self.hidden = (variable("hidden/0"), variable("hidden/1"))
        self.output = (variable("output/0"), variable("output/1"))

    def answer(self, images):
        x = images / 16.0
        for kernel, bias in self.convolutions:
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias))
        x = tf.reshape(tf.nn.max_pool2d(x, 2, 2, "VALID"), [-1, self.hidden[0].shape[0]])
        x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, self.hidden[0]), self.hidden[1]))
        probabilities = tf.nn.softmax(tf.nn.bias_add(tf.matmul(x, self.output[0]), self.output[1]))
        return probabilities, tf.argmax(probabilities, axis=1, output_type=tf.int64)


def make_digits_variants():
    path = os.path.join(REPOSITORY, "config", "models", "digits", "2")
    module = Digits(path)
    for scheduler in SCHEDULERS:
        answer = batched(scheduler)(module.answer)

        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.float32, name="images")])
        def predict(images):
            probabilities, digit = answer(images)
            return {"probabilities": probabilities, "digit": digit}

        write_variant(f"digits_{scheduler}", path, lambda folder: save(module, folder, {"serving_default": predict}))


if __name__ == "__main__":
    make_layers("dense", [256, 512, 512, 10], repeat=1, variants=True)
    make_layers("heavy", [256, 256, 10], repeat=64, variants=False)
    make_layers("slow", [256, 256, 10], repeat=64, variants=False, copies=64)
    make_digits_variants()
