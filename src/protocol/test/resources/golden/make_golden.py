"""Writes the golden files of this folder with TensorFlow's and TensorFlow Serving's own Python protos.

    pip install tensorflow-cpu==2.18.0 tensorflow-serving-api==2.18.0
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=upb python make_golden.py
"""

import os

import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import config_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    prediction_log_pb2,
    regression_pb2,
)

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, message):
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(message.SerializeToString(deterministic=True))


def tensor(dtype, shape, field, values):
    proto = tf.make_tensor_proto(0.0)
    proto.Clear()
    proto.dtype = dtype
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    if field == "tensor_content":
        proto.tensor_content = values
    else:
        getattr(proto, field).extend(values)
    return proto


def predict_request():
    r = predict_pb2.PredictRequest()
    r.model_spec.name = "digits"
    r.model_spec.version.value = 42
    r.model_spec.signature_name = "serving_default"
    t = tf.dtypes
    inputs = {
        "half": tensor(19, [2], "half_val", [15360, 49152]),
        "bfloat16": tensor(14, [2], "half_val", [16256, 49152]),
        "float": tensor(1, [2, 2], "float_val", [1.5, -2.0, 0.1, float("inf")]),
        "double": tensor(2, [2], "double_val", [1e300, -0.1]),
        "int32": tensor(3, [2], "int_val", [-1, 2147483647]),
        "int16": tensor(5, [1], "int_val", [-32768]),
        "int8": tensor(6, [1], "int_val", [-128]),
        "uint8": tensor(4, [1], "int_val", [255]),
        "uint16": tensor(17, [1], "int_val", [65535]),
        "string": tensor(7, [2], "string_val", [b"caf\xc3\xa9", b"\x00\xff"]),
        "complex64": tensor(8, [1], "scomplex_val", [1.0, -2.0]),
        "complex128": tensor(18, [1], "dcomplex_val", [1.0, -2.0]),
        "int64": tensor(9, [2], "int64_val", [-(2**63), 2**63 - 1]),
        "bool": tensor(10, [2], "bool_val", [True, False]),
        "uint32": tensor(22, [1], "uint32_val", [2**32 - 1]),
        "uint64": tensor(23, [1], "uint64_val", [2**64 - 1]),
        "content": tensor(1, [2], "tensor_content", b"\x00\x00\x80\x3f\x00\x00\x00\x40"),
    }
    for alias, proto in inputs.items():
        r.inputs[alias].CopyFrom(proto)
    r.output_filter.extend(["scores", "classes"])
    r.predict_streamed_options.request_state = predict_pb2.PredictStreamedOptions.END_SPLIT
    r.client_id = b"client"
    r.request_options.client_id = b"inner"
    return r


def reload_request():
    r = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(
        """
        config { model_config_list {
          config { name: "a" base_path: "/models/a" model_platform: "tensorflow"
                   model_version_policy { specific { versions: 42 versions: 43 } }
                   version_labels { key: "stable" value: 42 } }
          config { name: "b" base_path: "/models/b" model_platform: "tensorflow"
                   model_version_policy { latest { num_versions: 2 } } }
          config { name: "c" base_path: "/models/c" model_type: TENSORFLOW model_version_policy { all {} } }
        } }
        metric_names: "/tensorflow/serving/request_count"
        """,
        r,
    )
    return r


def examples(target):
    for value in (1.0, 2.0):
        e = target.example_list_with_context.examples.add()
        e.features.feature["x"].float_list.value.append(value)
        e.features.feature["name"].bytes_list.value.append(b"row")
    target.example_list_with_context.context.features.feature["id"].int64_list.value.extend([-1, 7])


def prediction_logs():
    logs = []
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(predict_request())
    log.log_metadata.model_spec.name = "digits"
    log.log_metadata.sampling_config.sampling_rate = 0.5
    log.log_metadata.timestamp_secs = 1700000000
    logs.append(log)
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.model_spec.name = "digits"
    examples(log.classify_log.request.input)
    logs.append(log)
    log = prediction_log_pb2.PredictionLog()
    log.regress_log.request.model_spec.version_label = "stable"
    log.regress_log.request.input.example_list.examples.add()
    logs.append(log)
    log = prediction_log_pb2.PredictionLog()
    task = log.multi_inference_log.request.tasks.add(method_name="tensorflow/serving/classify")
    task.model_spec.name = "digits"
    logs.append(log)
    log = prediction_log_pb2.PredictionLog()
    log.session_run_log.request.fetch.append("y:0")
    log.session_run_log.request.feed.add(name="x:0", tensor=tf.make_tensor_proto([1.0]))
    log.session_run_log.request.options.timeout_in_ms = 5
    logs.append(log)
    log = prediction_log_pb2.PredictionLog()
    log.predict_streamed_log.request.add().model_spec.name = "s"
    logs.append(log)
    logs.append(prediction_log_pb2.PredictionLog())
    return logs


def responses():
    r = classification_pb2.ClassificationResponse()
    r.model_spec.name = "digits"
    c = r.result.classifications.add()
    c.classes.add(label="7", score=0.75)
    write("classification_response.pb", r)
    r = regression_pb2.RegressionResponse()
    r.result.regressions.add(value=0.5)
    write("regression_response.pb", r)
    r = inference_pb2.MultiInferenceResponse()
    x = r.results.add()
    x.model_spec.signature_name = "s"
    x.regression_result.regressions.add(value=2.5)
    r.results.add().classification_result.classifications.add().classes.add(label="a", score=1)
    write("multi_inference_response.pb", r)
    r = get_model_status_pb2.GetModelStatusResponse()
    s = r.model_version_status.add(version=2, state=get_model_status_pb2.ModelVersionStatus.AVAILABLE)
    s = r.model_version_status.add(version=1, state=get_model_status_pb2.ModelVersionStatus.END)
    s.status.error_code = 5
    s.status.error_message = "gone"
    write("model_status_response.pb", r)
    m = get_model_metadata_pb2.SignatureDefMap()
    d = m.signature_def["serving_default"]
    d.method_name = "tensorflow/serving/predict"
    d.inputs["x"].name = "serving_default_x:0"
    d.inputs["x"].dtype = 1
    d.inputs["x"].tensor_shape.dim.add(size=-1)
    d.outputs["y"].name = "StatefulPartitionedCall:0"
    d.outputs["y"].dtype = 1
    d.outputs["y"].tensor_shape.unknown_rank = True
    d.defaults["x"].CopyFrom(tf.make_tensor_proto([1.0]))
    r = get_model_metadata_pb2.GetModelMetadataResponse()
    r.model_spec.name = "digits"
    r.model_spec.version.value = 1
    r.metadata["signature_def"].Pack(m)
    write("model_metadata_response.pb", r)


def session_config():
    c = config_pb2.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=3)
    c.device_count["CPU"] = 1
    c.gpu_options.per_process_gpu_memory_fraction = 0.25
    c.gpu_options.visible_device_list = "0,1"
    c.gpu_options.experimental.virtual_devices.add(memory_limit_mb=[512.0, 256.0])
    c.graph_options.optimizer_options.opt_level = config_pb2.OptimizerOptions.L0
    c.graph_options.rewrite_options.constant_folding = 2
    c.graph_options.rewrite_options.custom_optimizers.add(name="my").parameter_map["k"].list.i.extend([1, 2])
    c.session_inter_op_thread_pool.add(num_threads=4, global_name="g")
    c.experimental.disable_thread_spinning = True
    c.experimental.coordination_config.service_type = "s"
    c.cluster_def.job.add(name="j").tasks[0] = "h:1"
    c.rpc_options.compression_level = 1
    write("session_config.pb", c)
    with open(os.path.join(HERE, "session_config.pbtxt"), "w") as f:
        f.write(text_format.MessageToString(c))


def main():
    request = predict_request()
    write("predict_request.pb", request)
    label = predict_pb2.PredictRequest()
    label.model_spec.name = "digits"
    label.model_spec.version_label = "canary"
    write("predict_request_label.pb", label)
    write("reload_request.pb", reload_request())
    write("model_server_config.pb", text_format.Parse(
        open(os.path.join(HERE, "model_server_config.pbtxt")).read(), reload_request().config.__class__()))
    responses()
    session_config()
    with tf.io.TFRecordWriter(os.path.join(HERE, "prediction_logs.tfrecord")) as w:
        for log in prediction_logs():
            w.write(log.SerializeToString(deterministic=True))


main()
