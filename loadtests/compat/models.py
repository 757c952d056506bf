"""The model folders of the suite: copies of the demo models and fixtures, some made on the spot, and their config file.

As a program: python models.py FOLDER [SERVED_AS] writes them all, and FOLDER/models.config with base paths below
SERVED_AS (default FOLDER), for a server that the suite does not start itself.
"""

import json
import os
import shutil
import sys

from server import REPOSITORY

DEMO = os.path.join(REPOSITORY, "config", "models")
FIXTURES = os.path.join(REPOSITORY, "src", "backends", "tensorflow", "test", "resources", "models")
SAMPLES = os.path.join(DEMO, "samples")

DEMO_MODELS = ["digits", "half_plus_two", "diabetes"]
FIXTURE_MODELS = ["all_types", "failing", "parse_example", "ragged_ok", "slow", "tf1_affine", "two_inputs", "warm"]
FAILING_MODELS = ["warm_bad", "empty_folder", "no_such_op", "wrong_tags", "garbage"]
SPECIAL = {"digits": """
    model_version_policy { specific { versions: [1, 2] } }
    version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }"""}


def sample(name):
    with open(os.path.join(SAMPLES, name + ".json"), encoding="utf-8") as source:
        return json.load(source)


def source(model):
    folder = os.path.join(DEMO, model)
    return folder if os.path.isdir(folder) else os.path.join(FIXTURES, model)


def place(model, folder, version=1, of=None):
    """Puts a version of a model into folder/<version> the way a roll-out should: copied aside, then renamed."""
    os.makedirs(folder, exist_ok=True)
    aside = os.path.join(folder, f".incoming-{version}")
    shutil.copytree(os.path.join(source(model), str(of or 1)), aside)
    os.rename(aside, os.path.join(folder, str(version)))


def remove(folder, version):
    """Takes a version away at once, then deletes it."""
    aside = os.path.join(folder, f".outgoing-{version}")
    os.rename(os.path.join(folder, str(version)), aside)
    shutil.rmtree(aside)


def config(base_paths, special=None):
    """Text of a ModelServerConfig: name -> base path."""
    special = special or {}
    return "model_config_list {\n" + "".join(
        f'  config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow"{special.get(name, "")} }}\n'
        for name, path in base_paths.items()) + "}\n"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as target:
        target.write(text)
    return path


def make_all(folder, served_as=None):
    """Every model of the suite below `folder`; gives the config file."""
    served_as = served_as or folder
    for model in DEMO_MODELS + FIXTURE_MODELS:
        shutil.copytree(source(model), os.path.join(folder, model))
    make_odd(os.path.join(folder, "odd", "1"))
    make_failing_loads(folder)
    names = DEMO_MODELS + FIXTURE_MODELS + FAILING_MODELS + ["odd"]
    return write(os.path.join(folder, "models.config"),
                 config({name: os.path.join(served_as, name) for name in names}, SPECIAL))


def make_failing_loads(folder):
    """Models that cannot be loaded, each for another reason."""
    from tensorflow.core.protobuf import saved_model_pb2

    def changed(name, change):
        target = os.path.join(folder, name, "1")
        shutil.copytree(os.path.join(source("half_plus_two"), "1"), target)
        file = os.path.join(target, "saved_model.pb")
        model = saved_model_pb2.SavedModel()
        with open(file, "rb") as stored:
            model.ParseFromString(stored.read())
        change(model.meta_graphs[0])
        with open(file, "wb") as stored:
            stored.write(model.SerializeToString())

    def unknown_op(meta_graph):
        for node in meta_graph.graph_def.node:
            if node.op == "StatefulPartitionedCall":
                node.op = "NoSuchOp"
                return
        raise AssertionError("no node to change")

    def other_tags(meta_graph):
        del meta_graph.meta_info_def.tags[:]
        meta_graph.meta_info_def.tags.append("train")

    changed("no_such_op", unknown_op)
    changed("wrong_tags", other_tags)
    shutil.copytree(os.path.join(FIXTURES, "warm_bad"), os.path.join(folder, "warm_bad"))
    os.makedirs(os.path.join(folder, "empty_folder", "1"))
    os.makedirs(os.path.join(folder, "garbage", "1"))
    with open(os.path.join(folder, "garbage", "1", "saved_model.pb"), "wb") as stored:
        stored.write(b"\xff\xfenot a protobuf" * 50)


PREDICT, CLASSIFY, REGRESS = ("tensorflow/serving/" + kind for kind in ("predict", "classify", "regress"))


def make_odd(path):
    """A model whose signatures break the rules one at a time, by the signature's name."""
    import tensorflow as tf
    v1 = tf.compat.v1

    def signature(inputs, outputs, method=PREDICT):
        def described(tensors):
            return {alias: v1.saved_model.build_tensor_info(tensor) for alias, tensor in tensors.items()}
        return v1.saved_model.build_signature_def(described(inputs), described(outputs), method)

    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, None, "x")
        rows = v1.placeholder(tf.float32, [None], "rows")
        words = v1.placeholder(tf.string, None, "words")
        inputs = v1.placeholder(tf.string, [None], "inputs")
        other = v1.placeholder(tf.string, [None], "other")
        n = tf.shape(inputs)[0]

        def scores(count, more=0, dtype=tf.float32):
            return tf.fill([n + more, count], tf.constant(1, dtype))

        def classes(count, more=0):
            return tf.fill([n + more, count], "c")

        examples = {"inputs": inputs}
        with tf.control_dependencies([tf.raw_ops.Assert(
                condition=tf.reduce_all(x >= 0), data=[tf.constant("long " * 600)], summarize=1)]):
            asserted = tf.identity(x)
        signatures = {
            "serving_default": signature({"x": x}, {"y": x + 1}),
            "scalar_out": signature({"x": rows}, {"total": tf.reduce_sum(rows)}),
            "uneven": signature({"x": rows}, {"first": rows[:1], "whole": tf.identity(rows)}),
            "no_inputs": signature({}, {"answer": tf.constant([7.0, 8.0])}),
            "bytes_out": signature({"x": words}, {"y": tf.identity(words), "y_bytes": tf.identity(words)}),
            "batch": signature({"x": rows}, {"size": tf.fill(tf.shape(rows), tf.shape(rows)[0])}),
            "no_rows_out": signature({"x": rows}, {"y": rows[:0]}),
            "long_error": signature({"x": x}, {"y": asserted}),
            "wrong_method": signature({"x": x}, {"y": x + 1}, "something/else"),
            "c_two_inputs": signature({"inputs": inputs, "other": other}, {"scores": scores(2)}, CLASSIFY),
            "c_input_key": signature({"x": inputs}, {"scores": scores(2)}, CLASSIFY),
            "c_three_outputs": signature(examples, {"scores": scores(2), "classes": classes(2), "more": scores(2)},
                                         CLASSIFY),
            "c_neither": signature(examples, {"values": scores(2)}, CLASSIFY),
            "c_rank": signature(examples, {"scores": scores(2)[:, 0]}, CLASSIFY),
            "c_scores_dtype": signature(examples, {"scores": scores(2, dtype=tf.int64)}, CLASSIFY),
            "c_classes_dtype": signature(examples, {"classes": scores(2)}, CLASSIFY),
            "c_batch": signature(examples, {"scores": scores(2, more=1)}, CLASSIFY),
            "c_columns": signature(examples, {"scores": scores(3), "classes": classes(2)}, CLASSIFY),
            "c_classes_only": signature(examples, {"classes": classes(2)}, CLASSIFY),
            "r_two_inputs": signature({"inputs": inputs, "other": other}, {"outputs": scores(1)}, REGRESS),
            "r_input_key": signature({"x": inputs}, {"outputs": scores(1)}, REGRESS),
            "r_output_key": signature(examples, {"y": scores(1)}, REGRESS),
            "r_two_outputs": signature(examples, {"outputs": scores(1), "more": scores(1)}, REGRESS),
            "r_shape": signature(examples, {"outputs": scores(2)}, REGRESS),
            "r_dtype": signature(examples, {"outputs": scores(1, dtype=tf.int64)}, REGRESS),
            "r_batch": signature(examples, {"outputs": scores(1, more=1)}, REGRESS),
            "r_flat": signature(examples, {"outputs": scores(1)[:, 0]}, REGRESS),
            "echo_examples": signature(examples, {"classes": inputs[:, tf.newaxis]}, CLASSIFY),
        }
        builder = v1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING], signatures, strip_default_attrs=True)
        builder.save()


if __name__ == "__main__":
    print(make_all(sys.argv[1], *sys.argv[2:]))
