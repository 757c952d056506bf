"""gRPC classify, regress and multi-inference."""

import numpy as np
import pytest
from tensorflow_serving.apis import classification_pb2, inference_pb2, regression_pb2

from clients import examples_request, multi_request, refused, spec

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"
ONE = [{"x": 1.0}]
TWO = [{"x": 1.0}, {"x": 5.0}]


def classify(grpc_, *arguments, **named):
    return grpc_.prediction.Classify(examples_request("classify", *arguments, **named), timeout=30)


def regress(grpc_, *arguments, **named):
    return grpc_.prediction.Regress(examples_request("regress", *arguments, **named), timeout=30)


def classes(answer):
    return [[(one.label, one.score) for one in row.classes] for row in answer.result.classifications]


def values(answer):
    return [row.value for row in answer.result.regressions]


@pytest.mark.parametrize("named, version", [({}, 2), ({"version": 1}, 1), ({"label": "canary"}, 2)], ids=str)
def test_classify_digits(grpc_, digits, named, version):
    images, expected = digits
    rows = [{"image": image.ravel().tolist()} for image in images]
    answer = classify(grpc_, "digits", rows, "classify", **named)
    found = classes(answer)
    assert [[label for label, _ in row] for row in found] == [[str(k) for k in range(10)]] * len(images)
    np.testing.assert_allclose([[score for _, score in row] for row in found],
                               expected[str(version)]["probabilities"], atol=1e-5)
    assert answer.model_spec == spec("digits", version, signature="classify")


def test_regress(grpc_):
    answer = regress(grpc_, "half_plus_two", TWO, "regress")
    assert values(answer) == [2.5, 4.5] and answer.model_spec == spec("half_plus_two", 1, signature="regress")


def test_scores_only(grpc_):
    assert classes(classify(grpc_, "half_plus_two", TWO, "classify_x_to_y")) == [[("", 2.5)], [("", 4.5)]]


def test_classes_only(grpc_):
    assert classes(classify(grpc_, "odd", [{}], "c_classes_only")) == [[("c", 0.0), ("c", 0.0)]]


def test_flat_outputs(grpc_):
    assert values(regress(grpc_, "odd", [{}, {}], "r_flat")) == [1, 1]


def test_context_gives_what_the_example_lacks(grpc_):
    assert values(regress(grpc_, "half_plus_two", [{}, {"x": 1.0}], "regress", context={"x": 5.0})) == [4.5, 2.5]
    assert values(regress(grpc_, "half_plus_two", ONE, "regress", context={})) == [2.5]


@pytest.mark.parametrize("call", [classify, regress])
@pytest.mark.parametrize("arguments, code, phrase", [
    ((None, ONE), "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    (("nobody", ONE), "NOT_FOUND", "Servable not found for request: Latest(nobody)"),
    (("parse_example", ONE), "INVALID_ARGUMENT", "No signature was found with the name: serving_default"),
    (("parse_example", ONE, "nope"), "INVALID_ARGUMENT", "No signature was found with the name: nope"),
])
def test_refused_by_both(grpc_, call, arguments, code, phrase):
    refused(lambda: call(grpc_, *arguments), code, phrase)


@pytest.mark.parametrize("call, signature", [(classify, "classify"), (regress, "regress")])
@pytest.mark.parametrize("rows, context", [(None, None), ([], None), ([], {"x": 1.0})])
def test_empty_input(grpc_, call, signature, rows, context):
    refused(lambda: call(grpc_, "parse_example", rows, signature, context=context), "INVALID_ARGUMENT",
            "Input is empty.")


@pytest.mark.parametrize("call", ["Classify", "Regress", "GetModelMetadata"])
def test_missing_model_spec(grpc_, call):
    from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
    request = {"Classify": classification_pb2.ClassificationRequest, "Regress": regression_pb2.RegressionRequest,
               "GetModelMetadata": lambda: GetModelMetadataRequest(metadata_field=["signature_def"])}[call]()
    refused(lambda: getattr(grpc_.prediction, call)(request, timeout=30), "INVALID_ARGUMENT", "Missing ModelSpec")


@pytest.mark.parametrize("call, model, signature, phrase", [
    (classify, "odd", "c_two_inputs", "Expected one input Tensor."),
    (classify, "odd", "c_input_key", "No classification inputs found in SignatureDef:"),
    (classify, "odd", "c_three_outputs", "Expected one or two output Tensors, found 3"),
    (classify, "odd", "c_neither",
     'Expected classification signature outputs to contain at least one of "classes" or "scores"'),
    (classify, "odd", "c_rank", "Expected Tensor shape: [batch_size num_classes] but got"),
    (classify, "odd", "c_scores_dtype", "Expected scores Tensor of DT_FLOAT. Got:"),
    (classify, "odd", "c_classes_dtype", "Expected classes Tensor of DT_STRING. Got:"),
    (classify, "odd", "c_batch", "Expected scores output batch size of 1. Got: 2"),
    (classify, "odd", "c_columns", "Tensors class and score should match in dim_size(1). Got 2 vs. 3"),
    (regress, "odd", "r_two_inputs", "Expected one input Tensor."),
    (regress, "odd", "r_input_key", "No regression inputs found in SignatureDef:"),
    (regress, "odd", "r_output_key", "No regression outputs found in SignatureDef:"),
    (regress, "odd", "r_two_outputs", "Expected one output Tensor."),
    (regress, "odd", "r_shape", "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got"),
    (regress, "odd", "r_dtype", "Expected output Tensor of DT_FLOAT.  Got:"),
    (regress, "odd", "r_batch", "Input batch size did not match output batch size: 1 vs. 2"),
    (classify, "digits", "serving_default", "No classification inputs found in SignatureDef:"),
    (regress, "parse_example", "classify", "Expected one output Tensor."),
], ids=lambda value: value if isinstance(value, str) else None)
def test_signature_that_does_not_fit(grpc_, call, model, signature, phrase):
    refused(lambda: call(grpc_, model, ONE, signature), "INVALID_ARGUMENT", phrase)


def test_missing_feature(grpc_):
    refused(lambda: regress(grpc_, "parse_example", [{"x": 1.0}, {"z": 1.0}], "regress"), "INVALID_ARGUMENT",
            "Feature: x (data type: float) is required but could not be found.")


def test_wrong_kind_of_feature(grpc_):
    refused(lambda: regress(grpc_, "parse_example", [{"x": 1}], "regress"), "INVALID_ARGUMENT", "x")


# ---------------------------------------------------------------- multi-inference

def multi(grpc_, tasks, rows=TWO):
    return grpc_.prediction.MultiInference(multi_request(tasks, rows), timeout=30)


def half(signature, **named):
    return spec("half_plus_two", signature=signature, **named)


def test_multi_inference(grpc_):
    answer = multi(grpc_, [(half("regress_x_to_y"), REGRESS), (half("classify_x_to_y"), CLASSIFY),
                           (half("regress"), REGRESS)])
    first, second, third = answer.results
    assert [row.value for row in first.regression_result.regressions] == [2.5, 4.5]
    assert [[one.score for one in row.classes] for row in second.classification_result.classifications] == [[2.5], [4.5]]
    assert [row.value for row in third.regression_result.regressions] == [2.5, 4.5]
    assert [result.model_spec for result in answer.results] == [
        half(name, version=1) for name in ("regress_x_to_y", "classify_x_to_y", "regress")]


def test_multi_inference_takes_the_first_version(grpc_, digits):
    rows = [{"image": digits[0][0].ravel().tolist()}]
    answer = multi(grpc_, [(spec("digits", 1, signature="classify"), CLASSIFY)], rows)
    assert answer.results[0].model_spec == spec("digits", 1, signature="classify")


@pytest.mark.parametrize("tasks, rows, code, phrase", [
    ([], TWO, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ([(spec(signature="regress"), REGRESS)], TWO, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    ([(half("regress"), REGRESS), (spec(signature="regress_x_to_y"), REGRESS)], TWO, "INVALID_ARGUMENT",
     "Found ModelSpec with an empty model name."),
    ([(half("regress"), REGRESS), (spec("digits", signature="classify"), CLASSIFY)], TWO, "INVALID_ARGUMENT",
     "All ModelSpecs in a MultiInferenceRequest must access the same model name."),
    ([(half("regress"), REGRESS), (half("regress"), REGRESS)], TWO, "INVALID_ARGUMENT",
     "Duplicate evaluation of signature: regress"),
    ([(half("nope"), REGRESS)], TWO, "INVALID_ARGUMENT", "Requested signature not found in model graph: nope"),
    ([(half("regress"), "tensorflow/serving/predict")], TWO, "UNIMPLEMENTED",
     "Unsupported signature method_name: tensorflow/serving/predict"),
    ([(half("regress"), "")], TWO, "UNIMPLEMENTED", "Unsupported signature method_name: "),
    ([(half("regress"), REGRESS)], [], "INVALID_ARGUMENT", "Input is empty."),
    ([(spec("nobody", signature="regress"), REGRESS)], TWO, "NOT_FOUND",
     "Servable not found for request: Latest(nobody)"),
    ([(half("serving_default"), CLASSIFY)], TWO, "INVALID_ARGUMENT",
     "No classification inputs found in SignatureDef:"),
], ids=lambda value: value[:60] if isinstance(value, str) else None)
def test_multi_inference_refused(grpc_, tasks, rows, code, phrase):
    refused(lambda: multi(grpc_, tasks, rows), code, phrase)


def test_empty_multi_inference(grpc_):
    refused(lambda: grpc_.prediction.MultiInference(inference_pb2.MultiInferenceRequest(), timeout=30),
            "INVALID_ARGUMENT", "ModelSpec has no name specified.")
