"""The demo: Hearth's digits model as Keras layers with the weights of the committed SavedModel, and its own data."""

import os

import numpy as np

from hearth_compress.frameworks import tf, tf_keras
from hearth_compress.refusal import Refusal
from hearth_compress.samples import Rows, Samples
from hearth_compress.source import of_keras

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def load(models):
    """models: Hearth's folder of demo models. Version 2's layers as tools/models/make_models.py trained them."""
    path = os.path.join(models, "digits", "2")
    if not os.path.exists(path):
        raise Refusal(f"The demo model is not at {path}.")
    stored = tf.saved_model.load(path)
    layers = tf_keras.layers
    images = tf_keras.Input((8, 8, 1), name="images")
    x = layers.Rescaling(1 / 16, name="scale")(images)
    for number, (kernel, _) in enumerate(stored.convolutions):
        x = layers.Conv2D(kernel.shape[-1], 3, padding="same", activation="relu", name=f"convolution_{number}")(x)
    x = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="pool")(x))
    x = layers.Dense(stored.hidden[0].shape[1], activation="relu", name="hidden")(x)
    x = layers.Dense(10, activation="softmax", name="probabilities")(x)
    model = tf_keras.Model(images, x, name="digits")
    model.set_weights([weight.numpy() for pair in [*stored.convolutions, stored.hidden, stored.output]
                       for weight in pair])
    source = of_keras(path, "Keras layers with the demo model's weights", model)
    source.saved_model = path
    source.add_label("digit")
    return source


def samples():
    """scikit-learn's handwritten digits, divided as for training the demo model."""
    arrays = np.load(os.path.join(PACKAGE, "digits.npz"))

    def rows(prefix):
        return Rows({"images": arrays[prefix + "images"].astype(np.float32)},
                    arrays[prefix + "labels"].astype(np.int64))

    return Samples(rows(""), rows("held_out_"))
