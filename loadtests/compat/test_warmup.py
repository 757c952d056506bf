"""assets.extra/tf_serving_warmup_requests."""

import os

import pytest
from tensorflow_serving.apis import prediction_log_pb2, session_service_pb2

import models
from clients import Grpc, Rest, examples_request, multi_request, predict_request, spec, tensor
from server import Server, until

pytestmark = pytest.mark.own

PredictionLog = prediction_log_pb2.PredictionLog


def predict_log(x=(1.0, 2.0), signature="serving_default", model="another_name", **named):
    return PredictionLog(predict_log=prediction_log_pb2.PredictLog(
        request=predict_request(model, {"x": tensor(list(x))}, signature, **named)))


def multi_log():
    return PredictionLog(multi_inference_log=prediction_log_pb2.MultiInferenceLog(request=multi_request(
        [(spec("m", signature="regress"), "tensorflow/serving/regress"),
         (spec("m", signature="classify_x_to_y"), "tensorflow/serving/classify")], [{"x": 1.0}])))


def session_log():
    return PredictionLog(session_run_log=prediction_log_pb2.SessionRunLog(
        request=session_service_pb2.SessionRunRequest()))


CASES = {  # name -> (records, code and phrase, or None where the load works)
    "fine": ([predict_log(), predict_log(version=99), predict_log(model=""), multi_log(),
              PredictionLog(regress_log=prediction_log_pb2.RegressLog(
                  request=examples_request("regress", "m", [{"x": 1.0}], "regress")))], None),
    "no_records": ([], None),
    "nothing_in_it": ([PredictionLog()], None),
    "thousand": ([predict_log()] * 1000, None),
    "too_many": ([predict_log()] * 1001, ("INVALID_ARGUMENT", "Number of warmup records exceeds the maximum (1000) at ")),
    "session_run": ([session_log()], ("UNIMPLEMENTED", "Unsupported log_type for warmup: ")),
    "wrong_dtype": ([predict_log(), predict_log([b"x"])], ("INVALID_ARGUMENT", "float")),
    "wrong_signature": ([predict_log(signature="nope")], ("FAILED_PRECONDITION", "nope")),
    "bad_bytes": ([b"\xff\xff\xff"], ("INVALID_ARGUMENT", "Failed to parse warmup record: ")),
    "no_tfrecord": (b"this is no TFRecord file at all", ("DATA_LOSS", "Please verify your warmup data is in TFRecord format.")),
    "cut": ("cut", ("DATA_LOSS", "Please verify your warmup data is in TFRecord format.")),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    import tensorflow as tf
    folder = tmp_path_factory.mktemp("warm")
    for name, (records, _) in CASES.items():
        models.place("half_plus_two", str(folder / name), 1)
        extra = folder / name / "1" / "assets.extra"
        extra.mkdir()
        path = str(extra / "tf_serving_warmup_requests")
        if isinstance(records, bytes):
            with open(path, "wb") as file:
                file.write(records)
            continue
        with tf.io.TFRecordWriter(path) as writer:
            for record in [predict_log()] * 3 if records == "cut" else records:
                writer.write(record if isinstance(record, bytes) else record.SerializeToString())
        if records == "cut":
            os.truncate(path, os.path.getsize(path) - 5)
    for name in ("warm", "warm_bad"):
        os.symlink(models.source(name), folder / name)
    file = models.write(str(folder / "models.config"),
                        models.config({name: folder / name for name in [*CASES, "warm", "warm_bad"]}))
    monitoring = models.write(str(folder / "monitoring.config"), "prometheus_config { enable: true }")
    with Server({"model_config_file": file, "max_num_load_retries": 0, "num_request_iterations_for_warmup": 2,
                 "monitoring_config_file": monitoring}) as started:
        yield started.open()


@pytest.mark.parametrize("name", [*CASES, "warm", "warm_bad"])
def test_file(server, name):
    wrong = CASES[name][1] if name in CASES else ("INVALID_ARGUMENT", "float") if name == "warm_bad" else None
    until(lambda: server.states(name).get(1) in ("AVAILABLE", "END"), lambda: f"{server.states(name)}; {server.tail()}")
    client = Grpc(server.grpc)
    state, code, text = client.status(name)[1]
    client.close()
    if wrong is None:
        assert state == "AVAILABLE", text
        assert Rest(server.rest).predict(name, {"instances": [1]}) == {"predictions": [2.5]}
    else:
        from tensorflow.core.protobuf import error_codes_pb2
        assert state == "END" and error_codes_pb2.Code.Name(code) == wrong[0] and wrong[1] in text, (state, code, text)


@pytest.mark.parametrize("name, records, status", [
    ("fine", 5, "OK"), ("no_records", 0, "OK"), ("wrong_dtype", 2, "INVALID_ARGUMENT")])
def test_records_read(server, name, records, status):
    until(lambda: server.states(name).get(1) in ("AVAILABLE", "END"), lambda: f"{server.states(name)}; {server.tail()}")
    page = Rest(server.rest).get("/monitoring/prometheus/metrics").text
    line = f':tensorflow:serving:model_warmup_records_read{{model_path="{name}/1",status="{status}"}} {records}'
    assert line in page.splitlines(), page
