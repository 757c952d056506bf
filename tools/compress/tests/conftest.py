"""Small models and data that are not the demo's, made once for all tests."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hearth_compress.frameworks import tf, tf_keras  # noqa: E402 - sets switches that TensorFlow reads at import

import keras  # noqa: E402
import numpy as np  # noqa: E402

random = np.random.default_rng(7)


def write(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def pictures(folder):
    """Keras 3: convolution, batch normalization, depthwise convolution, a residual sum; class scores as logits."""
    layers = keras.layers
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.7)(x))
    y = layers.ReLU()(layers.BatchNormalization(momentum=0.7)(layers.DepthwiseConv2D(3, padding="same")(x)))
    x = layers.GlobalAveragePooling2D()(x + y)
    model = keras.Model(inputs, layers.Dense(3, name="scores")(x))
    labels = random.integers(0, 3, 200)
    picture = random.normal(size=(200, 8, 8, 3)).astype(np.float32) + labels[:, None, None, None].astype(np.float32)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(picture, labels, epochs=12, verbose=0)
    path = str(folder / "pictures.keras")
    model.save(path)
    return path, write(folder / "pictures.npz", picture=picture, labels=labels)


@pytest.fixture(scope="session")
def words(folder):
    """Keras 2, .h5: embedding and LSTM; one probability."""
    tf_keras.utils.set_random_seed(1)
    model = tf_keras.Sequential([tf_keras.Input((6,), dtype="int32", name="words"), tf_keras.layers.Embedding(40, 8),
                                 tf_keras.layers.LSTM(8), tf_keras.layers.Dense(1, activation="sigmoid", name="p")])
    values = random.integers(0, 40, (240, 6))
    labels = (values[:, 0] > 20).astype(np.int64)
    model.compile(tf_keras.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(values, labels, epochs=10, verbose=0)
    path = str(folder / "words.h5")
    model.save(path)
    return path, write(folder / "words.npz", words=values, labels=labels)


@pytest.fixture(scope="session")
def prices(folder):
    """Keras 3, two inputs and two outputs by name; a regression beside classes."""
    layers = keras.layers
    keras.utils.set_random_seed(1)
    numbers, codes = keras.Input((4,), name="numbers"), keras.Input((2,), dtype="int32", name="codes")
    x = layers.Concatenate()([numbers, layers.Flatten()(layers.Embedding(10, 3)(codes))])
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model({"numbers": numbers, "codes": codes},
                        {"price": layers.Dense(1)(x), "kind": layers.Dense(3, activation="softmax")(x)})
    given = random.normal(size=(300, 4)).astype(np.float32), random.integers(0, 10, (300, 2))
    price = 20 * given[0].sum(axis=1) + given[1][:, 0]
    model.compile(keras.optimizers.Adam(0.02), {"price": "mse", "kind": None})
    model.fit({"numbers": given[0], "codes": given[1]}, {"price": price, "kind": price}, epochs=20, verbose=0)
    path = str(folder / "prices.keras")
    model.save(path)
    return path, write(folder / "prices.npz", numbers=given[0], codes=given[1], labels=price)


@pytest.fixture(scope="session")
def plain(folder):
    """A SavedModel without Keras, and one whose operator TensorFlow Lite lacks."""
    class Plain(tf.Module):
        def __init__(self):
            super().__init__()
            self.weights = tf.Variable(tf.reshape(tf.linspace(-1.0, 1.0, 32), [4, 8]))

        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
        def serve(self, x):
            return {"y": tf.nn.softmax(x @ self.weights)}

        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
        def digamma(self, x):
            return {"y": tf.math.digamma(tf.abs(x) + 1)}

    module = Plain()
    path, odd = str(folder / "plain"), str(folder / "odd")
    tf.saved_model.save(module, path, signatures={"serving_default": module.serve, "also": module.serve})
    tf.saved_model.save(module, odd, signatures=module.digamma)
    return path, odd, write(folder / "plain.npz", x=random.normal(size=(60, 4)).astype(np.float32))
