"""Whole runs with the real TensorFlow: other models than the demo, and what each variant answers."""

import json
import os
import xml.etree.ElementTree

import numpy as np
import pytest

import keras
from hearth_compress import keras3
from hearth_compress.cli import main
from hearth_compress.frameworks import tf
from hearth_compress.refusal import Impossible
from hearth_compress.running import LiteRunner, SavedModelRunner, answers
from hearth_compress.scoring import Scoring
from hearth_compress.worker import Worker

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def compress(out, model, data, *options):
    given = [f"--data={data}"] if data else []
    assert main([model, *given, f"--out={out}", "--debug", *options]) == 0
    with open(os.path.join(out, "1", "report.json"), encoding="utf-8") as file:
        summary = json.load(file)
    return summary, {row["name"]: row for row in summary["variants"]}


def lite(out, name):
    with open(os.path.join(out, "1", "variants", name, "1", "model.tflite"), "rb") as file:
        return LiteRunner(file.read())


def test_digits_end_to_end(tmp_path, monkeypatch):
    monkeypatch.setenv("HEARTH_DEMO_MODELS", os.path.join(REPOSITORY, "config", "models"))
    summary, rows = compress(tmp_path, "digits", None, "--epochs=1")
    assert [name for name, row in rows.items() if "failed" in row] == []
    assert rows["original"]["score"] > 0.98 and rows["float32"]["score"] == rows["original"]["score"]
    for name in ("frozen", "float16", "dynamic", "int8", "pruned", "pruned_int8", "qat", "qat_int8"):
        assert rows[name]["score"] > 0.96, name
    assert rows["int8"]["bytes"] < rows["float16"]["bytes"] < rows["float32"]["bytes"] < rows["original"]["bytes"]
    assert rows["pruned_int8"]["gzip_bytes"] < 0.8 * rows["int8"]["gzip_bytes"]
    assert all(0.55 < share < 0.65 for share in rows["pruned"]["sparsity"].values())
    served = (tmp_path / "1" / "model.tflite").read_bytes()
    assert served == (tmp_path / "1" / "variants" / "int8" / "1" / "model.tflite").read_bytes()
    assert set(LiteRunner(served).outputs) == {"probabilities", "digit"}
    assert "| int8 *" in (tmp_path / "1" / "report.md").read_text()
    xml.etree.ElementTree.parse(tmp_path / "1" / "report.svg")
    assert sorted(os.listdir(tmp_path)) == ["1"]


def test_convolutions_and_batch_normalization_of_keras_3(tmp_path, pictures):
    summary, rows = compress(tmp_path, *pictures, "--epochs=2", "--variants=int8,qat", "--io=int8")
    assert summary["task"] == "classify" and rows["original"]["score"] > 0.6
    assert rows["int8"]["agreement"] > 0.85 and rows["qat_int8"]["score"] > rows["original"]["score"] - 0.2
    assert rows["int8"]["quantization"]["picture"]["type"] == "int8"
    assert rows["int8"]["quantization"]["scores"]["scale"] > 0
    assert not rows["int8"].get("not_quantized")


def test_recurrent_layers_keep_an_open_batch_size(tmp_path, words):
    model, data = words
    _, rows = compress(tmp_path, model, data, "--variants=int8,frozen")
    assert rows["float32"]["score"] == rows["original"]["score"] > 0.9 and rows["int8"]["agreement"] > 0.9
    runner = lite(tmp_path, "float32")
    values = np.load(data)["words"].astype(np.int32)
    name = next(iter(runner.inputs))
    assert runner.batch is None
    three = next(iter(runner.run({name: values[:3]}).values()))
    each = [next(iter(runner.run({name: values[i:i + 1]}).values())) for i in range(3)]
    np.testing.assert_allclose(three, np.concatenate(each), atol=1e-6)


def test_the_mask_of_an_embedding_comes_along_from_keras_3(tmp_path):
    layers = keras.layers
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = layers.Bidirectional(layers.LSTM(3))(layers.Embedding(9, 4, mask_zero=True)(tokens))
    path = str(tmp_path / "masked.keras")
    keras.Model(tokens, layers.Dense(2)(x)).save(path)
    model, original, why_not = keras3.load(path)
    assert model is not None, why_not
    padded = np.array([[3, 4, 0, 0, 0, 0], [3, 4, 5, 6, 7, 8]], np.int32)
    np.testing.assert_allclose(model(padded), np.asarray(original(padded)), atol=1e-5)


def test_attention_of_keras_3(tmp_path):
    layers = keras.layers
    keras.utils.set_random_seed(1)
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = layers.Embedding(20, 8)(tokens)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x)))
    path = str(tmp_path / "attention.keras")
    keras.Model(tokens, layers.Dense(3)(x)).save(path)
    np.savez(tmp_path / "a.npz", tokens=np.random.default_rng(1).integers(0, 20, (80, 6)))
    _, rows = compress(tmp_path, path, str(tmp_path / "a.npz"), "--variants=int8,frozen")
    assert rows["frozen"]["agreement"] == 1 and rows["float32"]["agreement"] == 1 and rows["int8"]["agreement"] > 0.7


def test_several_inputs_and_outputs_by_name(tmp_path, prices):
    summary, rows = compress(tmp_path, *prices, "--output=price", "--variants=float16,int8")
    assert summary["metric"] == "R2" and rows["original"]["score"] > 0.8
    assert rows["float16"]["agreement"] == 1 and rows["int8"]["score"] > 0.75
    runner = lite(tmp_path, "int8")
    assert set(runner.inputs) == {"numbers", "codes"} and set(runner.outputs) == {"price", "kind"}


def test_a_plain_saved_model_is_frozen_and_quantized_but_not_trained(tmp_path, plain):
    path, _, data = plain
    summary, rows = compress(tmp_path, path, data)
    assert summary["metric"] == "agreement"
    assert "needs a Keras model" in rows["pruned"]["failed"] and "needs a Keras model" in rows["qat"]["failed"]
    assert rows["frozen"]["agreement"] == 1 and rows["int8"]["agreement"] > 0.8
    frozen = SavedModelRunner(str(tmp_path / "1" / "variants" / "frozen" / "1"), "also")
    x = {"x": np.load(data)["x"]}
    original = SavedModelRunner(path)
    np.testing.assert_allclose(answers(frozen, x)["y"], answers(original, x)["y"], atol=1e-6)
    assert not os.path.exists(tmp_path / "1" / "variants" / "frozen" / "1" / "variables" / "variables.index")
    frozen.close()
    original.close()


def test_says_which_operator_tensorflow_lite_lacks(tmp_path, plain, capsys):
    _, odd, data = plain
    assert main([odd, f"--data={data}", f"--out={tmp_path}", "--debug"]) == 3
    told = capsys.readouterr().err
    assert "int8 cannot be served: TensorFlow Lite has no built-in operator for: Digamma" in told
    assert "Made were: original, frozen" in told and os.listdir(tmp_path) == []
    assert main([odd, f"--data={data}", f"--out={tmp_path}", "--debug", "--serve=frozen", "--variants=frozen"]) == 0
    assert os.path.exists(tmp_path / "1" / "saved_model.pb")


def test_two_classes_in_one_number_agree_where_they_are_on_the_same_side():
    original, other = {"p": np.array([[0.1], [0.6], [0.9]])}, {"p": np.array([[0.4], [0.9], [0.4]])}
    assert Scoring("binary", "p").agreement(other, original) == pytest.approx(2 / 3)
    assert Scoring("regress", "p").agreement(other, original) == 0


def test_a_crash_of_the_converter_fails_one_variant_only():
    worker = Worker()
    try:
        worker.pool.submit(os._exit, 139)
        with pytest.raises(Impossible, match="crashes on it"):
            worker.convert("nowhere", "float32", [{}], "float")
        with pytest.raises(Impossible):
            worker.convert("nowhere", "float32", [{}], "float")
    finally:
        worker.close()


def test_tensorflow_is_the_pinned_one():
    with open(os.path.join(REPOSITORY, "tools", "compress", "requirements.txt"), encoding="utf-8") as file:
        assert f"tensorflow-cpu=={tf.__version__}\n" in file.read()
