"""Trains and writes the demo models of config/models, with sample requests and the values TensorFlow gave for them.

Run: python tools/models/make_models.py      (see README.md beside this file)
"""

import os
import sys

from saved_models import (CLASSIFY, REGRESS, REPOSITORY, exact, example, folder_size, method_names, save, write_json)

import keras
import numpy as np
import tensorflow as tf
from scipy import ndimage
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split

SEED = 20
MODELS = os.path.join(REPOSITORY, "config", "models")
SAMPLES = os.path.join(MODELS, "samples")
REQUIRED_ACCURACY = 0.98


def floats(shape, name):
    return tf.TensorSpec(shape, tf.float32, name=name)


def serialized():
    return tf.TensorSpec([None], tf.string, name="inputs")


# ---------------------------------------------------------------- digits

class Digits(tf.Module):
    """Convolutions (each 3x3, relu), a 2x2 max pool after the last, one hidden layer, softmax over ten classes."""

    def __init__(self, weights):
        super().__init__()
        *convolutions, hidden, output = list(zip(weights[::2], weights[1::2]))
        self.convolutions = [(tf.Variable(k), tf.Variable(b)) for k, b in convolutions]
        self.hidden = tuple(map(tf.Variable, hidden))
        self.output = tuple(map(tf.Variable, output))

    def probabilities_of(self, images):
        x = images / 16.0
        for kernel, bias in self.convolutions:
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias))
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = tf.reshape(x, [-1, self.hidden[0].shape[0]])
        x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, self.hidden[0]), self.hidden[1]))
        return tf.nn.softmax(tf.nn.bias_add(tf.matmul(x, self.output[0]), self.output[1]))

    @tf.function(input_signature=[floats([None, 8, 8, 1], "images")])
    def predict(self, images):
        probabilities = self.probabilities_of(images)
        return {"probabilities": probabilities, "digit": tf.argmax(probabilities, axis=1, output_type=tf.int64)}

    @tf.function(input_signature=[serialized()])
    def classify(self, inputs):
        image = tf.io.parse_example(inputs, {"image": tf.io.FixedLenFeature([64], tf.float32)})["image"]
        scores = self.probabilities_of(tf.reshape(image, [-1, 8, 8, 1]))
        labels = tf.constant([[str(digit) for digit in range(10)]])
        return {"classes": tf.tile(labels, [tf.shape(scores)[0], 1]), "scores": scores}


def digits_split():
    digits = load_digits()
    images = digits.images.astype(np.float32)[..., None]
    return train_test_split(images, digits.target.astype(np.int64), test_size=0.2, random_state=SEED,
                            stratify=digits.target)


def with_changed_copies(images, labels, copies):
    """The images, and `copies` of each, a little turned, stretched and moved."""
    random = np.random.default_rng(SEED)
    every = [images]
    centre = np.array([3.5, 3.5])
    for _ in range(copies):
        changed = np.empty_like(images)
        for row, image in enumerate(images[..., 0]):
            angle = np.deg2rad(random.uniform(-12, 12))
            matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            matrix = matrix * random.uniform(0.9, 1.1, 2)
            offset = centre - matrix @ centre + random.uniform(-0.6, 0.6, 2)
            changed[row, ..., 0] = ndimage.affine_transform(image, matrix, offset, order=1)
        every.append(changed)
    return np.concatenate(every), np.tile(labels, copies + 1)


def train_digits(filters, hidden, epochs, dropout, copies, images, labels):
    keras.utils.set_random_seed(SEED)
    images, labels = with_changed_copies(images, labels, copies)
    layers = [keras.layers.Input((8, 8, 1)), keras.layers.Rescaling(1 / 16)]
    layers += [keras.layers.Conv2D(count, 3, padding="same", activation="relu") for count in filters]
    layers += [keras.layers.MaxPooling2D(2), keras.layers.Flatten(), keras.layers.Dropout(dropout),
               keras.layers.Dense(hidden, activation="relu"), keras.layers.Dropout(dropout),
               keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential(layers)
    steps = epochs * -(-len(images) // 32)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
                  "sparse_categorical_crossentropy")
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


def make_digits():
    train_images, images, train_labels, labels = digits_split()
    settings = {1: dict(filters=[16, 32], hidden=64, epochs=40, dropout=0.4, copies=0),
                2: dict(filters=[16, 32, 32], hidden=64, epochs=15, dropout=0.4, copies=4)}
    rows = 100
    expected = {"rows": "the 100 rows of digits_heldout.json", "held_out_rows": len(labels)}
    for version, setting in settings.items():
        trained = train_digits(images=train_images, labels=train_labels, **setting)
        module = Digits(trained.get_weights())
        path = os.path.join(MODELS, "digits", str(version))
        save(module, path, {"serving_default": module.predict, "classify": module.classify}, {"classify": CLASSIFY})

        loaded = tf.saved_model.load(path)
        answer = loaded.signatures["serving_default"](images=tf.constant(images))
        probabilities, digit = answer["probabilities"].numpy(), answer["digit"].numpy()
        np.testing.assert_allclose(probabilities, trained.predict(images, verbose=0), atol=1e-5)
        classified = loaded.signatures["classify"](
            inputs=tf.constant([example(image=image) for image in images[:rows]]))
        np.testing.assert_allclose(classified["scores"].numpy(), probabilities[:rows], atol=1e-6)
        assert classified["classes"].numpy().tolist() == [[b"%d" % k for k in range(10)]] * rows
        assert method_names(path)["classify"] == CLASSIFY

        accuracy = float(np.mean(digit == labels))
        print(f"digits version {version}: held-out accuracy {accuracy:.4f} "
              f"({int(np.sum(digit != labels))} wrong of {len(labels)}), {folder_size(path)} bytes")
        if accuracy < REQUIRED_ACCURACY:
            sys.exit(f"digits version {version} is under {REQUIRED_ACCURACY}")
        first = loaded.signatures["serving_default"](images=tf.constant(images[:rows]))
        expected[str(version)] = {"accuracy": accuracy, "digit": first["digit"].numpy().tolist(),
                                  "probabilities": exact(first["probabilities"].numpy())}

    write_json(os.path.join(SAMPLES, "digits_expected.json"), expected, rows=["probabilities"])
    write_json(os.path.join(SAMPLES, "digits_heldout.json"),
               {"labels": labels[:rows].tolist(),
                "images": images[:rows].reshape(rows, 64).astype(int).tolist()}, rows=["images"])
    three = images[:3].tolist()
    write_json(os.path.join(SAMPLES, "digits_predict.json"),
               {"signature_name": "serving_default", "instances": [{"images": row} for row in three]},
               rows=["instances"])
    write_json(os.path.join(SAMPLES, "digits_columnar.json"),
               {"signature_name": "serving_default", "inputs": {"images": three}}, rows=["images"])
    # 5.0, not 5: the REST form of tf.Example takes a number without a point for an int64 feature.
    write_json(os.path.join(SAMPLES, "digits_classify.json"),
               {"signature_name": "classify", "examples": [{"image": np.ravel(row).tolist()} for row in three]},
               rows=["examples"])


# ---------------------------------------------------------------- half_plus_two

class HalfPlusTwo(tf.Module):
    """y = 0.5 x + 2, as TensorFlow Serving's test model of that name."""

    def __init__(self):
        super().__init__()
        self.a = tf.Variable(0.5)
        self.b = tf.Variable(2.0)

    def answer(self, x):
        return self.a * x + self.b

    @tf.function(input_signature=[floats(None, "x")])
    def predict(self, x):
        return {"y": self.answer(x)}

    def of_examples(self, inputs):
        return self.answer(tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"])

    @tf.function(input_signature=[serialized()])
    def regress(self, inputs):
        return {"outputs": self.of_examples(inputs)}

    @tf.function(input_signature=[serialized()])
    def classify(self, inputs):
        return {"scores": self.of_examples(inputs)}


def save_half_plus_two(path):
    module = HalfPlusTwo()
    save(module, path,
         {"serving_default": module.predict, "regress": module.regress, "regress_x_to_y": module.regress,
          "classify_x_to_y": module.classify},
         {"regress": REGRESS, "regress_x_to_y": REGRESS, "classify_x_to_y": CLASSIFY})


def make_half_plus_two():
    path = os.path.join(MODELS, "half_plus_two", "1")
    save_half_plus_two(path)
    signatures = tf.saved_model.load(path).signatures
    for x in (5.0, [1.0, 2.0, 5.0], [[1.0], [2.0]]):
        np.testing.assert_array_equal(signatures["serving_default"](x=tf.constant(x))["y"], 0.5 * np.array(x) + 2)
    inputs = tf.constant([example(x=1.0), example(x=5.0)])
    for name, alias in (("regress", "outputs"), ("regress_x_to_y", "outputs"), ("classify_x_to_y", "scores")):
        assert signatures[name](inputs=inputs)[alias].numpy().tolist() == [[2.5], [4.5]]
    print(f"half_plus_two: {method_names(path)}, {folder_size(path)} bytes")
    write_json(os.path.join(SAMPLES, "half_plus_two_predict.json"), {"instances": [1.0, 2.0, 5.0]})


# ---------------------------------------------------------------- diabetes

class Diabetes(tf.Module):
    """Ten measurements in their own units -> disease progression after a year. Normalised inside."""

    def __init__(self, names, mean, scale, weights, target_mean, target_scale):
        super().__init__()
        self.names = list(names)
        self.mean = tf.Variable(mean, dtype=tf.float32)
        self.scale = tf.Variable(scale, dtype=tf.float32)
        self.layers = [(tf.Variable(k), tf.Variable(b)) for k, b in zip(weights[::2], weights[1::2])]
        self.target = tf.Variable([target_mean, target_scale], dtype=tf.float32)

    def answer(self, features):
        x = (features - self.mean) / self.scale
        (hidden, hidden_bias), (output, output_bias) = self.layers
        x = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, hidden), hidden_bias))
        return (tf.matmul(x, output) + output_bias) * self.target[1] + self.target[0]

    @tf.function(input_signature=[floats([None, 10], "features")])
    def predict(self, features):
        return {"progression": self.answer(features)}

    @tf.function(input_signature=[serialized()])
    def regress(self, inputs):
        parsed = tf.io.parse_example(inputs, {name: tf.io.FixedLenFeature([1], tf.float32) for name in self.names})
        return {"outputs": self.answer(tf.concat([parsed[name] for name in self.names], axis=1))}


def make_diabetes():
    data = load_diabetes(scaled=False)
    train_x, x, train_y, y = train_test_split(data.data.astype(np.float32), data.target.astype(np.float32),
                                              test_size=0.2, random_state=SEED)
    mean, scale = train_x.mean(axis=0), train_x.std(axis=0)
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([
        keras.layers.Input((10,)),
        keras.layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(0.02)),
        keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.02))])
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    model.fit((train_x - mean) / scale, (train_y - train_y.mean()) / train_y.std(), batch_size=32, epochs=60,
              verbose=0)
    module = Diabetes(data.feature_names, mean, scale, model.get_weights(), train_y.mean(), train_y.std())
    path = os.path.join(MODELS, "diabetes", "1")
    save(module, path, {"serving_default": module.predict, "regress": module.regress}, {"regress": REGRESS})

    signatures = tf.saved_model.load(path).signatures
    progression = signatures["serving_default"](features=tf.constant(x))["progression"].numpy()
    named = [dict(zip(data.feature_names, row.tolist())) for row in x]
    regressed = signatures["regress"](inputs=tf.constant([example(**row) for row in named]))["outputs"].numpy()
    np.testing.assert_allclose(regressed, progression, rtol=1e-6)
    assert method_names(path)["regress"] == REGRESS
    r2 = 1 - float(np.sum((progression[:, 0] - y) ** 2) / np.sum((y - y.mean()) ** 2))
    print(f"diabetes: held-out R2 {r2:.3f} on {len(y)} rows, {folder_size(path)} bytes")

    rows = 20
    first = signatures["serving_default"](features=tf.constant(x[:rows]))["progression"].numpy()
    write_json(os.path.join(SAMPLES, "diabetes_expected.json"),
               {"held_out_r2": r2, "held_out_rows": len(y), "feature_names": list(data.feature_names),
                "features": exact(x[:rows]), "progression": exact(first), "measured": y[:rows].tolist()},
               rows=["features"])
    write_json(os.path.join(SAMPLES, "diabetes_predict.json"),
               {"instances": [{"features": row} for row in exact(x[:3])]}, rows=["instances"])
    write_json(os.path.join(SAMPLES, "diabetes_regress.json"),
               {"signature_name": "regress",
                "examples": [dict(zip(data.feature_names, row)) for row in exact(x[:3])]}, rows=["examples"])


if __name__ == "__main__":
    tf.config.experimental.enable_op_determinism()
    make_digits()
    make_half_plus_two()
    make_diabetes()
    print(f"config/models: {folder_size(MODELS)} bytes")
