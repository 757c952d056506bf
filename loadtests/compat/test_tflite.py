"""TensorFlow Lite files in version folders, through the same API."""

import json
import os
import shutil

import numpy as np
import pytest

import models
from clients import Grpc, Rest, content, numbers, predict_request
from server import REPOSITORY, Server

pytestmark = pytest.mark.own

LITE = os.path.join(REPOSITORY, "src", "backends", "tflite", "test", "resources")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Two models that are TensorFlow Lite only, and one folder with both formats, which answer differently."""
    folder = tmp_path_factory.mktemp("lite")
    models.place("digits", str(folder / "both"), 1)
    shutil.copy(os.path.join(LITE, "models", "half_plus_two_lite", "1", "model.tflite"), folder / "both" / "1")
    bases = {name: os.path.join(LITE, "models", name) for name in ("half_plus_two_lite", "digits_lite")}
    file = models.write(str(folder / "models.config"), models.config({**bases, "both": folder / "both"}))
    with Server({"model_config_file": file, "prefer_tflite_model": "true", "num_tflite_pools": 2}) as started:
        yield started.open().available(*bases, "both")


def expected(name):
    with open(os.path.join(LITE, "expected", name + ".json"), encoding="utf-8") as source:
        found = json.load(source)
    return ({alias: np.array(values, np.float32).reshape(found["shape"]) for alias, values in found["inputs"].items()},
            found["outputs"])


@pytest.mark.parametrize("name", ["half_plus_two_lite", "digits_lite"])
def test_expected_values(server, name):
    inputs, outputs = expected(name)
    client = Grpc(server.grpc)
    answer = client.predict(predict_request(name, {alias: content(value) for alias, value in inputs.items()}))
    client.close()
    rest = Rest(server.rest).predict(name, {"inputs": {alias: value.tolist() for alias, value in inputs.items()}})["outputs"]
    for alias, values in outputs.items():
        np.testing.assert_allclose(numbers(answer.outputs[alias]), values, atol=1e-5)
        np.testing.assert_allclose(rest if len(outputs) == 1 else rest[alias], values, atol=1e-5)


@pytest.mark.parametrize("count", [1, 7, 2, 100])
def test_batch_sizes(server, count):
    answer = Rest(server.rest).predict("half_plus_two_lite", {"instances": [float(value) for value in range(count)]})
    assert answer == {"predictions": [value / 2 + 2 for value in range(count)]}


def test_prefers_lite(server):
    assert Rest(server.rest).predict("both", {"instances": [1.0]}) == {"predictions": [2.5]}


def test_metadata(server):
    answer = Rest(server.rest).get("/v1/models/digits_lite/metadata")
    signature = json.loads(answer.body)["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert set(signature["inputs"]) == {"images"} and set(signature["outputs"]) == {"probabilities", "digit"}


@pytest.mark.parametrize("name, body", [
    ("half_plus_two_lite", {"instances": ["x"]}), ("half_plus_two_lite", {"instances": [{"z": 1}]}),
    ("digits_lite", {"instances": [[1, 2, 3]]}), ("digits_lite", {"inputs": 5}),
    ("digits_lite", {"instances": [[[[0]]]]})], ids=str)
def test_bad_input(server, name, body):
    answer = Rest(server.rest).call("POST", f"/v1/models/{name}:predict", body)
    assert answer.status == 400 and "Exception" not in answer.text, answer
    assert Rest(server.rest).predict("half_plus_two_lite", {"instances": [1.0]}) == {"predictions": [2.5]}
