"""Bad input: one clear line, an exit code, nothing written."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from hearth_compress.cli import main
from hearth_compress.frameworks import tf_keras

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture
def refused(tmp_path, capsys):
    def call(*arguments, code=2):
        out = tmp_path / "out"
        assert main([*map(str, arguments), f"--out={out}", "--debug"]) == code
        assert not out.exists() or os.listdir(out) == []
        return capsys.readouterr().err
    return call


def changed(path, data, **arrays):
    values = {**np.load(data), **arrays}
    np.savez(path, **{name: value for name, value in values.items() if value is not None})
    return f"--data={path}"


def test_without_data(refused, pictures):
    assert "Representative data is missing: --data=FILE.npz with one array for each input (picture float32[?,8,8,3])" \
        in refused(pictures[0])


def test_text(refused, tmp_path):
    text = keras.Input((), dtype="string", name="text")
    words = keras.layers.TextVectorization(max_tokens=9, output_sequence_length=4, vocabulary=["good", "bad"])(text)
    path = tmp_path / "text.keras"
    keras.Model(text, keras.layers.Dense(2)(keras.layers.Embedding(9, 3)(words))).save(path)
    np.savez(tmp_path / "text.npz", text=np.array(["good", "bad"] * 20))
    assert "input text is text, which cannot be quantized. Give the part behind it" \
        in refused(path, f"--data={tmp_path / 'text.npz'}")


def test_a_layer_of_the_users_own(refused, tmp_path):
    class Doubled(keras.layers.Layer):
        def call(self, x):
            return x * 2

    inputs = keras.Input((4,), name="x")
    path = tmp_path / "own.keras"
    keras.Model(inputs, keras.layers.Dense(2)(Doubled()(inputs))).save(path)
    assert "own.keras has layers of your own (Doubled), whose code is not in the file: export a SavedModel" in refused(path)


def test_data_of_another_shape(refused, pictures, tmp_path):
    data = changed(tmp_path / "a.npz", pictures[1], picture=np.zeros((200, 9, 8, 3), np.float32))
    assert "picture has shape [200,9,8,3] where the model wants [?,8,8,3]" in refused(pictures[0], data)


def test_data_that_is_not_finite(refused, pictures, tmp_path):
    picture = np.load(pictures[1])["picture"].copy()
    picture[7, 1, 2, 0] = np.nan
    assert "picture is nan at [7, 1, 2, 0]" in refused(pictures[0], changed(tmp_path / "a.npz", pictures[1], picture=picture))


def test_labels_that_are_no_classes(refused, pictures, tmp_path):
    labels = np.load(pictures[1])["labels"] + 5
    assert "The labels go from 5 to 7, but scores has 3 classes" in refused(
        pictures[0], changed(tmp_path / "a.npz", pictures[1], labels=labels))
    assert "there are 3 labels for 200 rows" in refused(
        pictures[0], changed(tmp_path / "b.npz", pictures[1], labels=labels[:3]))
    assert "has no array of that name" in refused(pictures[0], f"--data={pictures[1]}", "--labels=none.npy")


def test_an_input_that_the_data_lacks(refused, prices, tmp_path):
    told = refused(prices[0], changed(tmp_path / "a.npz", prices[1], codes=None))
    assert "has no array for the input codes" in told and "arrays in the file: numbers" in told


def test_numbers_that_the_input_cannot_hold(refused, prices, tmp_path):
    assert "codes has values that int32, the input's type, cannot hold" in refused(
        prices[0], changed(tmp_path / "a.npz", prices[1], codes=np.full((300, 2), 0.5)))


def test_too_few_rows(refused, plain, tmp_path):
    np.save(tmp_path / "few.npy", np.zeros((3, 4), np.float32))
    assert "has 3 rows; at least 10 are needed" in refused(plain[0], f"--data={tmp_path / 'few.npy'}")


def test_files_that_are_no_models_or_data(refused, plain, tmp_path):
    noise = tmp_path / "noise.keras"
    noise.write_bytes(os.urandom(500))
    assert "is no Keras model" in refused(noise)
    assert "There is no model at" in refused(tmp_path / "none.h5")
    assert "holds no SavedModel" in refused(tmp_path)
    assert "is not an .npz or .npy file" in refused(plain[0], f"--data={noise}")
    assert "There is no file" in refused(plain[0], f"--data={tmp_path / 'none.npz'}")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"noise")
    assert "TensorFlow cannot load" in refused(tmp_path / "broken", f"--data={plain[2]}")


def test_weights_without_a_model(refused, tmp_path):
    model = tf_keras.Sequential([tf_keras.Input((2,)), tf_keras.layers.Dense(1)])
    model.save_weights(tmp_path / "only.h5")
    assert "holds weights only" in refused(tmp_path / "only.h5")


def test_signatures_and_options_that_do_not_exist(refused, plain):
    path, _, data = plain
    assert "has no signature x; it has: also, serving_default" in refused(path, f"--data={data}", "--signature=x")
    assert "The model has no output z; it has: y" in refused(path, f"--data={data}", "--output=z")
    assert "--task=classify needs labels" in refused(path, f"--data={data}", "--task=classify")
    assert "there is no float8; there are frozen" in refused(path, f"--data={data}", "--variants=float8")
    assert "a number above 0 and under 1 is needed" in refused(path, f"--data={data}", "--sparsity=1.5")
    assert "brings its own data" in refused("digits", f"--data={data}")


def test_a_loss_above_the_limit_publishes_nothing(refused, plain):
    told = refused(plain[0], f"--data={plain[2]}", "--variants=int8", "--max-loss=-1", code=3)
    assert "int8 loses" in told and "more than --max-loss=-1" in told


def test_from_the_shell_one_line_and_no_trace(tmp_path):
    done = subprocess.run([sys.executable, "-m", "hearth_compress", str(tmp_path)], cwd=PACKAGE, capture_output=True,
                          text=True, timeout=600, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("hearth compress: ")
