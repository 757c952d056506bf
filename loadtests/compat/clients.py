"""Clients: plain HTTP for REST, TensorFlow Serving's own stubs for gRPC; and how a failure is compared."""

import json

import grpc
import numpy as np
from tensorflow.core.example import example_pb2
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import (classification_pb2, get_model_metadata_pb2, get_model_status_pb2, inference_pb2,
                                     model_pb2, model_service_pb2_grpc, predict_pb2, prediction_service_pb2_grpc,
                                     regression_pb2)

from server import PATIENCE, exchange

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class Rest:
    def __init__(self, address):
        self.address = address

    def call(self, method, target, body=None, headers=None):
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        return exchange(self.address, method, target, body, headers)

    def get(self, target, **headers):
        return self.call("GET", target, headers=headers)

    def predict(self, model, body, verb="predict"):
        """The parsed answer of a call that must succeed."""
        answer = self.call("POST", f"/v1/models/{model}:{verb}", body)
        assert answer.status == 200, answer
        assert answer.headers["Content-Type"] == "application/json"
        return json.loads(answer.body)

    def refused(self, target, body, status, *phrases, method="POST", headers=None):
        """A call that must fail as JSON with this status and all these phrases."""
        answer = self.call(method, target, body, headers)
        assert answer.status == status, answer
        assert answer.headers["Content-Type"] == "application/json", dict(answer.headers)
        text = json.loads(answer.body)["error"]
        for phrase in phrases:
            assert phrase in text, text
        assert "Exception" not in text and "\tat " not in text, text
        return text


class Grpc:
    def __init__(self, address, credentials=None):
        self.address = address
        self.channel = (grpc.secure_channel(address, credentials, UNLIMITED) if credentials
                        else grpc.insecure_channel(address, UNLIMITED))
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.model = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def close(self):
        self.channel.close()

    def predict(self, request, timeout=PATIENCE):
        return self.prediction.Predict(request, timeout=timeout)

    def status(self, model):
        """version -> (state's name, code, message), in the order of the answer."""
        from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus
        answer = self.model.GetModelStatus(status_request(model), timeout=PATIENCE)
        return {entry.version: (ModelVersionStatus.State.Name(entry.state), entry.status.error_code,
                                entry.status.error_message) for entry in answer.model_version_status}


def refused(call, code, *phrases):
    """A gRPC call that must fail with this code and all these phrases."""
    try:
        answer = call()
    except grpc.RpcError as failure:
        assert failure.code() == getattr(grpc.StatusCode, code), f"{failure.code()} {failure.details()}"
        for phrase in phrases:
            assert phrase in failure.details(), failure.details()
        assert "Exception" not in failure.details(), failure.details()
        return failure.details()
    raise AssertionError(f"should have failed with {code}, answered {str(answer)[:500]}")


def spec(model=None, version=None, label=None, signature=None):
    message = model_pb2.ModelSpec()
    if model is not None:
        message.name = model
    if version is not None:
        message.version.value = version
    if label is not None:
        message.version_label = label
    if signature is not None:
        message.signature_name = signature
    return message


def tensor(values, dtype=None):
    """A TensorProto with typed fields, as tf.make_tensor_proto gives for short ones."""
    import tensorflow as tf
    return tf.make_tensor_proto(values, dtype=dtype)


def content(array):
    """A TensorProto with tensor_content."""
    import tensorflow as tf
    array = np.asarray(array)
    return tensor_pb2.TensorProto(dtype=tf.as_dtype(array.dtype).as_datatype_enum, tensor_content=array.tobytes(),
                                  tensor_shape=shape(*array.shape))


def shape(*dims):
    from tensorflow.core.framework import tensor_shape_pb2
    message = tensor_shape_pb2.TensorShapeProto()
    for dim in dims:
        message.dim.add().size = dim
    return message


def numbers(proto):
    import tensorflow as tf
    return tf.make_ndarray(proto)


def predict_request(model, inputs, signature=None, version=None, label=None, outputs=()):
    message = predict_pb2.PredictRequest(model_spec=spec(model, version, label, signature), output_filter=outputs)
    for alias, value in inputs.items():
        message.inputs[alias].CopyFrom(value if isinstance(value, tensor_pb2.TensorProto) else tensor(value))
    return message


def example(features):
    message = example_pb2.Example()
    for name, value in features.items():
        values = value if isinstance(value, list) else [value]
        feature = message.features.feature[name]
        if isinstance(values[0], float):
            feature.float_list.value.extend(values)
        elif isinstance(values[0], int):
            feature.int64_list.value.extend(values)
        else:
            feature.bytes_list.value.extend(values)
    return message


def examples_request(kind, model, rows, signature=None, version=None, label=None, context=None):
    message = {"classify": classification_pb2.ClassificationRequest,
               "regress": regression_pb2.RegressionRequest}[kind](model_spec=spec(model, version, label, signature))
    fill(message.input, rows, context)
    return message


def fill(message, rows, context=None):
    if context is not None:
        message.example_list_with_context.context.CopyFrom(example(context))
        message.example_list_with_context.examples.extend(example(row) for row in rows)
    elif rows is not None:
        message.example_list.examples.extend(example(row) for row in rows)


def multi_request(tasks, rows):
    """tasks: (model spec, method name)."""
    message = inference_pb2.MultiInferenceRequest()
    for model_spec, method in tasks:
        message.tasks.add(model_spec=model_spec, method_name=method)
    fill(message.input, rows)
    return message


def metadata_request(*arguments, fields=("signature_def",), **named):
    return get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec(*arguments, **named), metadata_field=fields)


def status_request(*arguments, **named):
    return get_model_status_pb2.GetModelStatusRequest(model_spec=spec(*arguments, **named))


def dtype_name(number):
    return types_pb2.DataType.Name(number)
