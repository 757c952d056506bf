"""Writes the small models that the tests of the backends load, and checks each by loading it and running it.

Run: python tools/models/make_fixtures.py                 (after make_models.py: digits_lite comes from digits 2)
     python tools/models/make_fixtures.py --big PATH      (writes a SavedModel with 20 MB of variables to PATH)
"""

import argparse
import ctypes
import os
import shutil
import tempfile

from saved_models import (CLASSIFY, PREDICT, REGRESS, REPOSITORY, edit, empty_folder, exact, example, folder_size,
                          method_names, save, tidy, write_json)

import numpy as np
import tensorflow as tf
from make_models import MODELS, digits_split, save_half_plus_two
from tensorflow_serving.apis import classification_pb2, predict_pb2, prediction_log_pb2, regression_pb2

TENSORFLOW = os.path.join(REPOSITORY, "src", "backends", "tensorflow", "test", "resources", "models")
TFLITE = os.path.join(REPOSITORY, "src", "backends", "tflite", "test", "resources", "models")
TFLITE_EXPECTED = os.path.join(os.path.dirname(TFLITE), "expected")

DTYPES = [tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16,
          tf.uint32, tf.uint64, tf.bool, tf.string, tf.complex64, tf.complex128]

v1 = tf.compat.v1


def fixture(name):
    return os.path.join(TENSORFLOW, name, "1")


def function(**specs):
    """A tf.function over named inputs: alias = (dtype, shape)."""
    signature = [tf.TensorSpec(shape, dtype, name=alias) for alias, (dtype, shape) in specs.items()]
    return tf.function(input_signature=signature, autograph=False)


def signatures_of(path):
    loaded = tf.saved_model.load(path)
    return lambda name="serving_default", **inputs: {
        alias: value.numpy() for alias, value in loaded.signatures[name](
            **{alias: tf.convert_to_tensor(value) for alias, value in inputs.items()}).items()}


def fails(kind, call):
    try:
        call()
    except kind as failure:
        return failure.message
    raise AssertionError("should have failed")


# ---------------------------------------------------------------- TF2 SavedModels

def make_all_types(path):
    def identity(dtype):
        @function(x=(dtype, None))
        def same(x):
            return {"y": tf.identity(x)}
        return same

    module = tf.Module()
    signatures = {f"t_{dtype.name}": identity(dtype) for dtype in DTYPES}
    module.functions = list(signatures.values())
    save(module, path, signatures)
    run = signatures_of(path)
    for dtype in DTYPES:
        value = tf.constant([b"a", b"\x00\xff", b""]) if dtype == tf.string else tf.cast([[0, 1, 1]], dtype)
        answer = run(f"t_{dtype.name}", x=value)["y"]
        assert answer.tolist() == value.numpy().tolist() and answer.shape == value.shape


def make_two_inputs(path):
    @function(a=(tf.float32, [None]), b=(tf.float32, [None]))
    def both(a, b):
        return {"sum": a + b, "product": a * b}

    @function(a=(tf.float32, [None]), b=(tf.float32, None))
    def with_default(a, b):
        return {"sum": a + b, "product": a * b}

    def give_default(meta_graph):
        meta_graph.signature_def["with_default"].defaults["b"].CopyFrom(tf.make_tensor_proto(10.0))

    module = tf.Module()
    module.both, module.with_default = both, with_default
    save(module, path, {"serving_default": both, "with_default": with_default}, change=give_default)
    run = signatures_of(path)
    answer = run(a=[1.0, 2.0], b=[3.0, 4.0])
    assert answer["sum"].tolist() == [4, 6] and answer["product"].tolist() == [3, 8]
    stored = {}
    edit(path, lambda meta_graph: stored.update(meta_graph.signature_def["with_default"].defaults))
    default = tf.make_ndarray(stored["b"])  # a server fills it in; tf.saved_model.load does not
    assert list(stored) == ["b"] and default.shape == () and default == 10
    assert run("with_default", a=[1.0, 2.0], b=default)["sum"].tolist() == [11, 12]
    assert run("with_default", a=[1.0, 2.0], b=1.0)["sum"].tolist() == [2, 3]


def make_parse_example(path):
    def required(inputs):
        return tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]

    @function(inputs=(tf.string, [None]))
    def regress(inputs):
        return {"outputs": required(inputs) * 3.0}

    @function(inputs=(tf.string, [None]))
    def classify(inputs):
        x = required(inputs)
        labels = tf.constant([["negative", "positive"]])
        return {"classes": tf.tile(labels, [tf.shape(x)[0], 1]),
                "scores": tf.concat([tf.sigmoid(-x), tf.sigmoid(x)], axis=1)}

    module = tf.Module()
    module.regress, module.classify = regress, classify
    save(module, path, {"regress": regress, "classify": classify}, {"regress": REGRESS, "classify": CLASSIFY})
    run = signatures_of(path)
    rows = [example(x=1.0), example(x=2.0)]
    assert run("regress", inputs=rows)["outputs"].tolist() == [[3], [6]]
    answer = run("classify", inputs=rows)
    assert answer["classes"].tolist() == [[b"negative", b"positive"]] * 2 and answer["scores"].shape == (2, 2)
    missing = fails(tf.errors.InvalidArgumentError, lambda: run("regress", inputs=[example(x=1.0), example(z=2.0)]))
    assert "Feature: x (data type: float) is required but could not be found." in missing, missing
    assert method_names(path) == {"regress": REGRESS, "classify": CLASSIFY}


def make_batch_mean(path):
    """Its answer to a row depends on the other rows of the run; `rowwise` beside it does not."""
    @function(x=(tf.float32, [None, 2]))
    def centred(x):
        return {"y": x - tf.reduce_mean(x, axis=0, keepdims=True)}

    @function(x=(tf.float32, [None, 2]))
    def rowwise(x):
        return {"y": x * 2.0}

    module = tf.Module()
    module.centred, module.rowwise = centred, rowwise
    save(module, path, {"serving_default": centred, "rowwise": rowwise})
    run = signatures_of(path)
    rows = np.array([[1, 10], [3, 30]], np.float32)
    assert run(x=rows)["y"].tolist() == [[-1, -10], [1, 10]] and run(x=rows[:1])["y"].tolist() == [[0, 0]]
    assert run("rowwise", x=rows)["y"].tolist() == [[2, 20], [6, 60]]


def make_failing(path):
    @function(x=(tf.float32, [None]))
    def check(x):
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(x >= 0), ["negative input"])]):
            return {"y": tf.identity(x) * 2.0}

    module = tf.Module()
    module.check = check
    save(module, path, {"check": check})
    run = signatures_of(path)
    assert run("check", x=[1.0, 2.0])["y"].tolist() == [2, 4]
    message = fails(tf.errors.InvalidArgumentError, lambda: run("check", x=[1.0, -2.0]))
    assert "negative input" in message, message


def make_reading(path):
    """Fed the path of a pipe that nobody writes to, a run does not come back."""

    @function(path=(tf.string, []))
    def read(path):
        return {"length": tf.strings.length(tf.io.read_file(path))}

    module = tf.Module()
    module.read = read
    save(module, path, {"serving_default": read})
    assert signatures_of(path)("serving_default", path=os.path.join(path, "saved_model.pb"))["length"] > 0


def make_slow(path):
    def burn(iterations):
        def step(index, values):
            return index + 1, tf.sin(values) + 0.5

        _, values = tf.while_loop(lambda index, values: index < iterations, step,
                                  [tf.constant(0), tf.fill([4096], 0.25)], parallel_iterations=1)
        return tf.reduce_mean(values)

    @function(iterations=(tf.int32, []))
    def slow(iterations):
        return {"result": burn(iterations)}

    @function(iterations=(tf.int32, [None]))
    def rows(iterations):
        return {"result": tf.fill(tf.shape(iterations), burn(tf.reduce_max(iterations)))}

    module = tf.Module()
    module.slow, module.rows = slow, rows
    save(module, path, {"serving_default": slow, "rows": rows})
    run = signatures_of(path)
    assert run(iterations=np.int32(0))["result"] == 0.25
    assert run("rows", iterations=np.array([3, 1], np.int32))["result"].shape == (2,)
    assert run(iterations=np.int32(2))["result"] == run("rows", iterations=np.array([2], np.int32))["result"][0]


def make_embedding(path):
    """Every way of using a variable that a constant can take the place of, in a function that a function calls."""
    module = tf.Module()
    module.words = tf.Variable(np.arange(12, dtype=np.float32).reshape(6, 2), name="words")
    module.pages = tf.Variable(np.arange(12, dtype=np.float32).reshape(2, 3, 2), name="pages")
    module.weights = tf.Variable([[1., 2.], [3., 4.]], name="weights")

    @tf.function
    def inner(rows):
        return tf.matmul(rows, module.weights)

    @function(ids=(tf.int32, [None]))
    def embed(ids):
        rows = tf.raw_ops.ResourceGather(resource=module.words.handle, indices=ids, dtype=tf.float32)
        return {
            "rows": inner(rows),
            "places": tf.raw_ops.ResourceGatherNd(
                resource=module.words.handle, indices=tf.stack([ids, tf.zeros_like(ids)], axis=1), dtype=tf.float32),
            "batched": tf.raw_ops.ResourceGather(
                resource=module.pages.handle, indices=tf.stack([ids[:1], ids[:1]]), dtype=tf.float32, batch_dims=1),
            "shape": tf.raw_ops.VariableShape(input=module.words.handle, out_type=tf.int32)}

    module.inner = inner
    module.embed = embed
    save(module, path, {"serving_default": embed})
    outputs = signatures_of(path)(ids=[1, 2])
    for alias, wanted in {"rows": [[11, 16], [19, 28]], "places": [2, 4], "batched": [[[2, 3]], [[8, 9]]],
                          "shape": [6, 2]}.items():
        assert outputs[alias].tolist() == wanted, (alias, outputs[alias])


def make_ragged_ok(path):
    @function(x=(tf.float32, [None, None]))
    def total(x):
        shape = tf.shape(x)
        return {"s": tf.reduce_sum(x, axis=1), "len": tf.fill([shape[0]], shape[1])}

    module = tf.Module()
    module.total = total
    save(module, path, {"serving_default": total})
    answer = signatures_of(path)(x=[[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]])
    assert answer["s"].tolist() == [6, 4] and answer["len"].tolist() == [3, 3]


# ---------------------------------------------------------------- warm-up records

def write_warmup(path, logs):
    folder = os.path.join(path, "assets.extra")
    os.makedirs(folder)
    with tf.io.TFRecordWriter(os.path.join(folder, "tf_serving_warmup_requests")) as writer:
        for log in logs:
            writer.write(log.SerializeToString(deterministic=True))


def predict_log(model, x):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = "serving_default"
    request.inputs["x"].CopyFrom(x)
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))


def add_examples(request, model, signature):
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    for x in (1.0, 5.0):
        request.input.example_list.examples.add().features.feature["x"].float_list.value.append(x)


def make_warm(path):
    save_half_plus_two(path)
    classify = classification_pb2.ClassificationRequest()
    add_examples(classify, "warm", "classify_x_to_y")
    regress = regression_pb2.RegressionRequest()
    add_examples(regress, "warm", "regress")
    write_warmup(path, [
        predict_log("warm", tf.make_tensor_proto([1.0, 2.0, 5.0])),
        prediction_log_pb2.PredictionLog(classify_log=prediction_log_pb2.ClassifyLog(request=classify)),
        prediction_log_pb2.PredictionLog(regress_log=prediction_log_pb2.RegressLog(request=regress))])
    assert read_warmup(path) == ["predict_log", "classify_log", "regress_log"]
    run = signatures_of(path)
    inputs = [row.SerializeToString() for row in regress.input.example_list.examples]
    assert run("regress", inputs=inputs)["outputs"].tolist() == [[2.5], [4.5]]


def make_warm_bad(path):
    save_half_plus_two(path)
    write_warmup(path, [predict_log("warm_bad", tf.make_tensor_proto([b"not a number"]))])
    assert read_warmup(path) == ["predict_log"]
    fails(tf.errors.InvalidArgumentError, lambda: signatures_of(path)(x=tf.constant([b"not a number"])))


def read_warmup(path):
    file = os.path.join(path, "assets.extra", "tf_serving_warmup_requests")
    return [prediction_log_pb2.PredictionLog.FromString(record.numpy()).WhichOneof("log_type")
            for record in tf.data.TFRecordDataset(file)]


# ---------------------------------------------------------------- TF1 SavedModels

def tf1_signature(inputs, outputs):
    def described(tensors):
        return {alias: v1.saved_model.build_tensor_info(tensor) for alias, tensor in tensors.items()}

    return v1.saved_model.build_signature_def(described(inputs), described(outputs), PREDICT)


def tf1_build(path, session, signatures, **options):
    shutil.rmtree(path, ignore_errors=True)
    builder = v1.saved_model.Builder(path)
    builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING], signatures, strip_default_attrs=True,
                                         **options)
    builder.save()
    edit(path, lambda meta_graph: None)
    tidy(path)


def tf1_run(path, name, **inputs):
    with tf.Graph().as_default(), v1.Session() as session:
        meta_graph = v1.saved_model.load(session, [tf.saved_model.SERVING], path)
        signature = meta_graph.signature_def[name]
        return session.run({alias: info.name for alias, info in signature.outputs.items()},
                           {signature.inputs[alias].name: value for alias, value in inputs.items()})


def name_as_legacy(meta_graph):
    """TF2's builder files a legacy init op under the main op's key; models of TF1's time have it under its own."""
    collections = meta_graph.collection_def
    collections["legacy_init_op"].CopyFrom(collections["saved_model_main_op"])
    del collections["saved_model_main_op"]


def make_tf1_affine(path):
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), v1.Session() as session:
        os.chdir(folder)  # the graph keeps the asset's name as it was given: a bare name says nothing of this machine
        try:
            with open("vocabulary.txt", "w", encoding="utf-8", newline="\n") as vocabulary:
                vocabulary.write("zero\none\ntwo\nthree\n")
            x = v1.placeholder(tf.float32, [None, 2], name="x")
            weights = v1.get_variable("weights", initializer=tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
                                      use_resource=False)
            bias = v1.get_variable("bias", initializer=tf.constant([0.5, -0.5, 0.25]), use_resource=False)
            y = tf.add(tf.matmul(x, weights), bias, name="y")
            words = v1.placeholder(tf.string, [None], name="words")
            file = tf.constant("vocabulary.txt", name="vocabulary")
            # The initializer itself puts `file` among the assets; twice there, and the C API refuses the model.
            table = tf.lookup.StaticHashTable(
                tf.lookup.TextFileInitializer(file, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
                                              tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
            ids = tf.identity(table.lookup(words), name="ids")
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])
            final = os.path.join(folder, "model")
            tf1_build(final, session,
                      {"serving_default": tf1_signature({"x": x}, {"y": y}),
                       "lookup": tf1_signature({"words": words}, {"ids": ids})},
                      assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
                      legacy_init_op=v1.tables_initializer(name="initialise_tables"))
            edit(final, name_as_legacy)
            empty_folder(path)
            shutil.copytree(final, path, dirs_exist_ok=True)
        finally:
            os.chdir(here)
    assert tf1_run(path, "serving_default", x=[[1.0, 1.0]])["y"].tolist() == [[5.5, 6.5, 9.25]]
    assert tf1_run(path, "lookup", words=["two", "ten", "zero"])["ids"].tolist() == [2, -1, 0]


def make_breakable(path):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], name="x")
        scale = v1.get_variable("scale", initializer=tf.constant(2.0), use_resource=True)
        y = tf.multiply(x, scale, name="y")
        code = v1.placeholder(tf.float32, [None], name="code")
        with tf.control_dependencies([tf.raw_ops.DestroyResourceOp(resource=scale.handle)]):
            done = tf.identity(code, name="done")
        session.run(v1.global_variables_initializer())
        tf1_build(path, session, {"serving_default": tf1_signature({"x": x}, {"y": y}),
                                  "break": tf1_signature({"code": code}, {"done": done})})
    assert tf1_run(path, "serving_default", x=[1.5])["y"].tolist() == [3.0]


def make_grow(path):
    """20 MB of memory from a few KB of disk: a local variable, which no checkpoint keeps, filled by the main op."""
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], name="x")
        filled = v1.Variable(lambda: tf.fill([5 * 1024 * 1024], 1.0), trainable=False, use_resource=True,
                             collections=[v1.GraphKeys.LOCAL_VARIABLES], name="filled")
        y = tf.add(x, tf.reduce_mean(filled[:1]), name="y")
        tf1_build(path, session, {"serving_default": tf1_signature({"x": x}, {"y": y})},
                  main_op=tf.group(filled.initializer, name="fill"))
    assert not os.path.exists(os.path.join(path, "variables"))
    assert tf1_run(path, "serving_default", x=[1.0, 2.0])["y"].tolist() == [2, 3]


def make_big(path):
    """20 MB of variables on disk; y = x + 1. Never committed."""
    module = tf.Module()
    module.weights = tf.Variable(tf.ones([5 * 1024 * 1024]))

    @function(x=(tf.float32, [None]))
    def add(x):
        return {"y": x + tf.reduce_mean(module.weights[:1])}

    module.add = add
    save(module, path, {"serving_default": add})
    assert signatures_of(path)(x=[1.0])["y"].tolist() == [2]


# ---------------------------------------------------------------- TensorFlow Lite

def make_half_plus_two_lite(path):
    module = tf.Module()

    @function(x=(tf.float32, [None]))
    def half_plus_two(x):
        return {"y": 0.5 * x + 2.0}

    module.half_plus_two = half_plus_two
    with tempfile.TemporaryDirectory() as folder:
        save(module, os.path.join(folder, "model"), {"serving_default": half_plus_two})
        convert(os.path.join(folder, "model"), path)
    check_lite(path, "x", np.arange(-5, 5, dtype=np.float32), lambda x: {"y": 0.5 * x + 2}, ())


def make_digits_lite(path):
    source = os.path.join(MODELS, "digits", "2")
    convert(source, path)
    _, images, _, _ = digits_split()
    run = signatures_of(source)
    check_lite(path, "images", images[:10], lambda x: run(images=x), ("images", "probabilities"))


LITE_TYPES = (tf.float32, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.bool, tf.string)


def make_types_lite(path):
    """Two signatures: each row of every type reversed in order, and a second one whose tensors have the same names."""
    module = tf.Module()

    @function(order=(tf.int32, [None]), **{t.name: (t, [None]) for t in LITE_TYPES})
    def pick(order, float32, int8, int16, int32, int64, uint8, bool, string):
        rows = (float32, int8, int16, int32, int64, uint8, bool, string)
        return {"o_" + t.name: tf.gather(value, order) for t, value in zip(LITE_TYPES, rows)}

    @function(order=(tf.int32, [None]))
    def twice(order):
        return {"o_int32": order * 2}

    module.pick, module.twice = pick, twice
    with tempfile.TemporaryDirectory() as folder:
        save(module, os.path.join(folder, "model"), {"pick": pick, "twice": twice})
        convert(os.path.join(folder, "model"), path, ["pick", "twice"])
    runner = tf.lite.Interpreter(os.path.join(path, "model.tflite")).get_signature_runner("pick")
    rows = {t.name: np.array([1, 0, 1]).astype(t.as_numpy_dtype) for t in LITE_TYPES}
    rows["string"] = np.array([b"a", b"", b"\x00\xff"], dtype=object)
    outputs = runner(order=np.array([2, 1, 0], dtype=np.int32), **rows)
    for name, value in rows.items():
        assert outputs["o_" + name].tolist() == value[::-1].tolist(), name


def make_bare_lite(path):
    """A model without signatures, as converters made them before TensorFlow 2.5."""
    graph = tf.function(lambda x: tf.identity(0.5 * x + 2.0, name="y"),
                        input_signature=[tf.TensorSpec([None], tf.float32, name="x")]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    empty_folder(path)
    with open(os.path.join(path, "model.tflite"), "wb") as target:
        target.write(converter.convert())
    assert not tf.lite.Interpreter(os.path.join(path, "model.tflite")).get_signature_list()


def make_custom_lite(path):
    """A model that cannot be run here: it wants a custom operator."""
    graph = tf.function(lambda x: tf.raw_ops.Digamma(x=x),
                        input_signature=[tf.TensorSpec([None], tf.float32, name="x")]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    converter.allow_custom_ops = True
    empty_folder(path)
    with open(os.path.join(path, "model.tflite"), "wb") as target:
        target.write(converter.convert())


def convert(source, path, signatures=("serving_default",)):
    converter = tf.lite.TFLiteConverter.from_saved_model(source, signature_keys=list(signatures))
    empty_folder(path)
    with open(os.path.join(path, "model.tflite"), "wb") as target:
        target.write(converter.convert())


def check_lite(path, alias, inputs, reference, rows):
    """Runs ten rows, compares them with TensorFlow, and keeps what TensorFlow Lite gave."""
    interpreter = tf.lite.Interpreter(os.path.join(path, "model.tflite"), num_threads=1)
    runner = interpreter.get_signature_runner("serving_default")
    outputs = runner(**{alias: inputs})
    for name, value in reference(inputs).items():
        np.testing.assert_allclose(outputs[name], value, atol=1e-5)
    name = os.path.basename(os.path.dirname(path))
    write_json(os.path.join(TFLITE_EXPECTED, name + ".json"),
               {"signature": "serving_default", "shape": list(inputs.shape),
                "inputs": {alias: exact(inputs.reshape(len(inputs), -1) if inputs.ndim > 1 else inputs)},
                "outputs": {key: exact(value) for key, value in sorted(outputs.items())}}, rows=rows)


# ---------------------------------------------------------------- the C API, as a Java backend loads

def check_native_load(paths):
    """Loads every SavedModel with TF_LoadSessionFromSavedModel, the call that TensorFlow for Java makes."""
    library = ctypes.CDLL(os.path.join(tf.sysconfig.get_lib(), "libtensorflow_cc.so.2"))
    for name in ("TF_NewStatus", "TF_NewGraph", "TF_NewSessionOptions", "TF_LoadSessionFromSavedModel"):
        getattr(library, name).restype = ctypes.c_void_p
    library.TF_Message.restype = ctypes.c_char_p
    tags = (ctypes.c_char_p * 1)(b"serve")
    for path in paths:
        status, graph, options = (ctypes.c_void_p(call()) for call in (
            library.TF_NewStatus, library.TF_NewGraph, library.TF_NewSessionOptions))
        session = ctypes.c_void_p(library.TF_LoadSessionFromSavedModel(
            options, None, path.encode(), tags, 1, graph, None, status))
        assert library.TF_GetCode(status) == 0, (path, library.TF_Message(status))
        library.TF_CloseSession(session, status)
        library.TF_DeleteSession(session, status)
        library.TF_DeleteSessionOptions(options)
        library.TF_DeleteGraph(graph)
        library.TF_DeleteStatus(status)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--big", metavar="PATH", help="only write a 20 MB SavedModel to PATH")
    big = arguments.parse_args().big
    if big:
        make_big(big)
        print(f"{big}: {folder_size(big)} bytes")
        return
    saved = {"all_types": make_all_types, "two_inputs": make_two_inputs, "parse_example": make_parse_example,
             "failing": make_failing, "reading": make_reading,
             "slow": make_slow, "embedding": make_embedding, "ragged_ok": make_ragged_ok, "warm": make_warm,
             "warm_bad": make_warm_bad, "tf1_affine": make_tf1_affine, "breakable": make_breakable, "grow": make_grow,
             "batch_mean": make_batch_mean}
    for name, make in saved.items():
        make(fixture(name))
        print(f"{name}: {folder_size(fixture(name))} bytes", flush=True)
    check_native_load([fixture(name) for name in saved])
    lite = {"half_plus_two_lite": make_half_plus_two_lite, "digits_lite": make_digits_lite,
            "types_lite": make_types_lite, "bare_lite": make_bare_lite, "custom_lite": make_custom_lite}
    for name, make in lite.items():
        path = os.path.join(TFLITE, name, "1")
        make(path)
        print(f"{name}: {folder_size(path)} bytes", flush=True)
    print(f"SavedModels together: {folder_size(TENSORFLOW)} bytes")


if __name__ == "__main__":
    main()
