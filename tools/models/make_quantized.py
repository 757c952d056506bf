"""Writes the quantized models that tests and the Lambda packaging load, with what TensorFlow Lite gives for them.

Run with the Python of tools/compress (see its README.md), from the root:
    PYTHONPATH=tools/compress python tools/models/make_quantized.py
"""

import json
import os
import tempfile

from hearth_compress import digits, lite, saving
from hearth_compress.frameworks import tf, tf_keras
from hearth_compress.running import LiteRunner

import numpy as np

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODELS = os.path.join(REPOSITORY, "src", "backends", "tflite", "test", "resources", "models")
SHIPPED = os.path.join(REPOSITORY, "functions", "lambda", "models", "digits", "1")
EXPECTED = os.path.join(os.path.dirname(MODELS), "expected")
ROWS = 10


def write(folder, content):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.tflite"), "wb") as file:
        file.write(content)


def expect(name, inputs, outputs):
    values = {**inputs, **outputs}
    with open(os.path.join(EXPECTED, name + ".json"), "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f' "{alias}": {json.dumps(flat(rows))}' for alias, rows in values.items()) + "\n}\n")


def flat(values):
    """Shortest decimals that read back as the same float32, or integers."""
    values = np.ravel(values)
    return [float(str(value)) for value in values] if values.dtype.kind == "f" else values.tolist()


def digits_models(work):
    source = digits.load(os.path.join(REPOSITORY, "config", "models"))
    samples = digits.samples()
    saving.export(source.call, source.inputs, source.trackable, work)
    calibration = [{"images": samples.train.inputs["images"][row:row + 1]} for row in range(200)]
    images = samples.held_out.inputs["images"][:ROWS]
    shipped = lite.convert(work, "int8", calibration)
    write(SHIPPED, shipped)
    right = LiteRunner(shipped).run(samples.held_out.inputs)["digit"] == samples.held_out.labels
    assert right.mean() >= 0.98, right.mean()
    for name, content in (("digits_float16", lite.convert(work, "float16")),
                          ("digits_int8", lite.convert(work, "int8", calibration, "int8")),
                          ("digits_uint8", lite.convert(work, "int8", calibration, "uint8"))):
        write(os.path.join(MODELS, name, "1"), content)
        runner = LiteRunner(content)
        real = runner.run({"images": images})
        values = {"probabilities": real["probabilities"], "digit": real["digit"]}
        given = {"images": images}
        if name != "digits_float16":
            quantized = runner._quantized(images, runner.inputs["images"])
            raw = tf.lite.Interpreter(model_content=content).get_signature_runner()(images=quantized)
            given["images_quantized"] = quantized
            values["probabilities_quantized"] = raw["probabilities"]
        expect(name, given, values)


def recurrent_model(work):
    """A fused LSTM, whose interpreter keeps its state between runs unless told not to."""
    tf_keras.utils.set_random_seed(3)
    model = tf_keras.Sequential([tf_keras.Input((5, 3), name="x"), tf_keras.layers.LSTM(4), tf_keras.layers.Dense(2, name="y")])
    saving.export(lambda x: {"y": model(x)}, {"x": tf.TensorSpec([None, 5, 3], tf.float32)}, model, work, batch=1)
    content = lite.convert(work, "float32")
    write(os.path.join(MODELS, "recurrent_lite", "1"), content)
    x = np.random.default_rng(3).normal(size=(ROWS, 5, 3)).astype(np.float32)
    runner = LiteRunner(content)
    y = np.concatenate([runner.run({"x": x[row:row + 1]})["y"] for row in range(ROWS)])
    np.testing.assert_allclose(y, model(x), atol=1e-5)
    interpreter = tf.lite.Interpreter(model_content=content).get_signature_runner()
    assert not np.allclose(interpreter(x=x[:1])["y"], interpreter(x=x[:1])["y"])  # it does keep its state
    expect("recurrent_lite", {"x": x}, {"y": y})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        digits_models(os.path.join(folder, "digits"))
        recurrent_model(os.path.join(folder, "recurrent"))
