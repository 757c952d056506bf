"""gRPC predict with TensorFlow Serving's own stubs: model specs, tensors there and back, filters, refusals."""

import grpc
import ml_dtypes
import numpy as np
import pytest
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import predict_pb2

from clients import content, numbers, predict_request, refused, shape, spec, tensor


def predict(grpc_, *arguments, **named):
    return grpc_.predict(predict_request(*arguments, **named))


def raw(dtype, dims, **fields):
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape(*dims), **fields)


FLOAT = types_pb2.DT_FLOAT


# ---------------------------------------------------------------- real data

@pytest.mark.parametrize("named, version", [
    ({}, 2), ({"version": 1}, 1), ({"version": 2}, 2), ({"label": "stable"}, 1), ({"label": "canary"}, 2)],
    ids=str)
@pytest.mark.parametrize("encode", [tensor, content], ids=["typed", "content"])
def test_digits(grpc_, digits, named, version, encode):
    images, expected = digits
    answer = predict(grpc_, "digits", {"images": encode(images)}, **named)
    assert numbers(answer.outputs["digit"]).tolist() == expected[str(version)]["digit"]
    np.testing.assert_allclose(numbers(answer.outputs["probabilities"]), expected[str(version)]["probabilities"],
                               atol=1e-5)
    assert answer.model_spec == spec("digits", version, signature="serving_default")  # the label is not echoed


def test_answer_is_typed_fields(grpc_):
    answer = predict(grpc_, "half_plus_two", {"x": [1.0, 2.0, 5.0]})
    assert list(answer.outputs["y"].float_val) == [2.5, 3.0, 4.5] and not answer.outputs["y"].tensor_content
    assert answer.outputs["y"].dtype == FLOAT and [d.size for d in answer.outputs["y"].tensor_shape.dim] == [3]


def test_long_answer_is_typed_fields(grpc_):
    answer = predict(grpc_, "half_plus_two", {"x": content(np.arange(100_000, dtype=np.float32))})
    assert len(answer.outputs["y"].float_val) == 100_000 and not answer.outputs["y"].tensor_content


# ---------------------------------------------------------------- dtypes

VALUES = {
    "float16": np.array([[0.5, -2, 65504]], np.float16), "bfloat16": np.array([0.5, -2], ml_dtypes.bfloat16),
    "float32": np.array([1.5, np.nan, np.inf, -np.inf, -0.0], np.float32), "float64": np.array([1e300, 1 / 3]),
    "int8": np.array([-128, 127], np.int8), "int16": np.array([-32768, 32767], np.int16),
    "int32": np.array([[-2**31], [2**31 - 1]], np.int32), "int64": np.array([-2**63, 2**63 - 1], np.int64),
    "uint8": np.array([0, 255], np.uint8), "uint16": np.array([0, 65535], np.uint16),
    "uint32": np.array([0, 2**32 - 1], np.uint32), "uint64": np.array([0, 2**64 - 1], np.uint64),
    "bool": np.array([True, False, True]), "string": np.array([b"a", b"", b"\x00\xff\xfe" * 50], object),
    "complex64": np.array([1 + 2j, -1j], np.complex64), "complex128": np.array([1 + 2j, 1e300j])}


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("encode", [tensor, content], ids=["typed", "content"])
def test_dtype_there_and_back(grpc_, dtype, encode):
    if encode is content and dtype == "string":
        pytest.skip("strings have no tensor_content that clients use")
    value = VALUES[dtype]
    back = predict(grpc_, "all_types", {"x": encode(value)}, signature=f"t_{dtype}").outputs["y"]
    assert not back.tensor_content
    result = numbers(back)
    assert result.shape == value.shape
    if value.dtype == object:
        assert result.tolist() == value.tolist()
    else:
        assert result.tobytes() == value.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "int64", "string", "bool"])
def test_scalar(grpc_, dtype):
    value = VALUES[dtype].ravel()[0]
    back = predict(grpc_, "all_types", {"x": tensor(value)}, signature=f"t_{dtype}").outputs["y"]
    assert len(back.tensor_shape.dim) == 0 and numbers(back).shape == ()


@pytest.mark.parametrize("proto, values, dims", [
    (raw(FLOAT, [3], float_val=[7]), [7, 7, 7], [3]),
    (raw(FLOAT, [2, 2], float_val=[1, 2]), [1, 2, 2, 2], [2, 2]),
    (raw(FLOAT, [3]), [0, 0, 0], [3]),
    (raw(FLOAT, []), [0], []),
    (raw(FLOAT, [2], float_val=[1, 2, 3, 4]), [1, 2], [2]),
    (raw(FLOAT, [0]), [], [0]),
    (raw(FLOAT, [0, 5], float_val=[1]), [], [0, 5]),
    (raw(FLOAT, [2], float_val=[9, 9], tensor_content=np.array([1, 2], np.float32).tobytes()), [1, 2], [2]),
    (raw(FLOAT, [1], float_val=[5], version_number=3), [5], [1]),
], ids=["repeat-one", "repeat-last", "zeros", "zero-scalar", "surplus", "empty", "empty-2d", "content-wins", "version"])
def test_sparse_typed_fields(grpc_, proto, values, dims):
    """Fewer values than elements: the last one is repeated; none: zeros; surplus: ignored."""
    back = predict(grpc_, "all_types", {"x": proto}, signature="t_float32").outputs["y"]
    assert numbers(back).ravel().tolist() == values and [dim.size for dim in back.tensor_shape.dim] == dims


def test_missing_strings_are_empty(grpc_):
    back = predict(grpc_, "all_types", {"x": raw(types_pb2.DT_STRING, [2])}, signature="t_string").outputs["y"]
    assert list(back.string_val) == [b"", b""]


@pytest.mark.parametrize("proto", [
    raw(FLOAT, [2], tensor_content=b"\0" * 7), raw(FLOAT, [2], tensor_content=b"\0" * 12), raw(FLOAT, [-1]),
    raw(FLOAT, [2, -1], float_val=[1]), tensor_pb2.TensorProto(dtype=FLOAT, tensor_shape={"unknown_rank": True}),
    raw(types_pb2.DT_INVALID, [1]), raw(99, [1]), raw(FLOAT, [2**31, 2**31, 2**31]), raw(FLOAT, [1] * 100_000),
    raw(types_pb2.DT_FLOAT_REF, [1])],
    ids=["short", "long", "negative", "negative-2", "unknown-rank", "invalid-dtype", "unknown-dtype", "overflow",
         "100k-dims", "ref"])
def test_tensor_that_cannot_be_read(grpc_, proto):
    refused(lambda: predict(grpc_, "all_types", {"x": proto}, signature="t_float32"),
            "INVALID_ARGUMENT", "tensor parsing error: x")


@pytest.mark.parametrize("dims", [[10**9], [10**6, 10**6], [2**40]])
def test_one_value_for_a_huge_shape(grpc_, dims):
    """Eight bytes must not make the server fill gigabytes."""
    proto = raw(FLOAT, dims, float_val=[1])
    with pytest.raises(grpc.RpcError) as failure:
        predict(grpc_, "all_types", {"x": proto}, signature="t_float32")
    assert failure.value.code().name in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), failure.value
    assert predict(grpc_, "half_plus_two", {"x": [1.0]}).outputs


# ---------------------------------------------------------------- signatures, inputs, outputs

def test_defaults_fill_in(grpc_):
    answer = predict(grpc_, "two_inputs", {"a": [1.0, 2.0]}, "with_default")
    assert numbers(answer.outputs["sum"]).tolist() == [11, 12] and answer.model_spec.signature_name == "with_default"


def test_defaults_give_way(grpc_):
    answer = predict(grpc_, "two_inputs", {"a": [1.0, 2.0], "b": tensor(1.0)}, "with_default")
    assert numbers(answer.outputs["sum"]).tolist() == [2, 3]


def test_output_filter(grpc_):
    assert set(predict(grpc_, "two_inputs", {"a": [1.0], "b": [2.0]}, outputs=["sum"]).outputs) == {"sum"}
    both = predict(grpc_, "two_inputs", {"a": [1.0], "b": [2.0]}, outputs=["product", "sum"])
    assert set(both.outputs) == {"sum", "product"}


def test_no_inputs(grpc_):
    assert numbers(predict(grpc_, "odd", {}, "no_inputs").outputs["answer"]).tolist() == [7, 8]


def test_scalar_output(grpc_):
    assert numbers(predict(grpc_, "odd", {"x": [1.0, 2.0]}, "scalar_out").outputs["total"]) == 3


def test_zero_rows(grpc_):
    answer = predict(grpc_, "two_inputs", {"a": content(np.zeros(0, np.float32)), "b": content(np.zeros(0, np.float32))})
    assert numbers(answer.outputs["sum"]).shape == (0,)


def test_classify_signature_by_predict(grpc_):
    from clients import example
    rows = tensor([example({"x": 1.0}).SerializeToString(), example({"x": 5.0}).SerializeToString()])
    answer = predict(grpc_, "half_plus_two", {"inputs": rows}, "regress")
    assert numbers(answer.outputs["outputs"]).tolist() == [[2.5], [4.5]]


def test_tf1_model(grpc_):
    assert numbers(predict(grpc_, "tf1_affine", {"x": [[1.0, 1.0]]}).outputs["y"]).tolist() == [[5.5, 6.5, 9.25]]
    words = predict(grpc_, "tf1_affine", {"words": [b"two", b"ten"]}, "lookup")
    assert numbers(words.outputs["ids"]).tolist() == [2, -1]


def test_fields_without_effect(grpc_):
    """Options for other servers are accepted, and so are fields that nobody knows."""
    request = predict_request("half_plus_two", {"x": [1.0]})
    request.predict_streamed_options.request_state = 1
    message = request.SerializeToString() + b"\xfa\x3e\x03abc"  # field 1007
    call = grpc_.channel.unary_unary("/tensorflow.serving.PredictionService/Predict",
                                     response_deserializer=predict_pb2.PredictResponse.FromString)
    assert numbers(call(message, timeout=30).outputs["y"]).tolist() == [2.5]


def test_explicit_version_zero(grpc_):
    refused(lambda: predict(grpc_, "digits", {}, version=0), "NOT_FOUND",
            "Servable not found for request: Specific(digits, 0)")


ANY = {"x": [1.0]}


@pytest.mark.parametrize("request_, code, phrases", [
    (predict_pb2.PredictRequest(), "INVALID_ARGUMENT", ["Missing ModelSpec"]),
    (predict_pb2.PredictRequest(model_spec={}), "INVALID_ARGUMENT", ["ModelSpec has no name specified."]),
    (predict_request("nobody", ANY), "NOT_FOUND", ["Servable not found for request: Latest(nobody)"]),
    (predict_request("nobody", ANY, version=4), "NOT_FOUND", ["Servable not found for request: Specific(nobody, 4)"]),
    (predict_request("digits", ANY, version=42), "NOT_FOUND", ["Servable not found for request: Specific(digits, 42)"]),
    (predict_request("digits", ANY, version=-1), "NOT_FOUND", ["Servable not found for request: Specific(digits, -1)"]),
    (predict_request("digits", ANY, label="gone"), "INVALID_ARGUMENT", ["Unrecognized servable version label: gone"]),
    (predict_request("warm_bad", ANY), "NOT_FOUND", ["Servable not found for request: Latest(warm_bad)"]),
    (predict_request("../etc", ANY), "NOT_FOUND", ["Servable not found for request: Latest(../etc)"]),
    (predict_request("half_plus_two", ANY, "nope"), "FAILED_PRECONDITION",
     ['Serving signature key "nope" not found.']),
    (predict_request("failing", ANY), "FAILED_PRECONDITION", ['Serving signature key "serving_default" not found.']),
    (predict_request("half_plus_two", {}), "INVALID_ARGUMENT",
     ["input size does not match signature: 0!=1 len({}) != len({x})", "Sent extra: {}", "Missing but required: {x}"]),
    (predict_request("half_plus_two", {"x": [1.0], "z": [1.0]}), "INVALID_ARGUMENT",
     ["input size does not match signature: 2!=1", "Sent extra: {z}", "Missing but required: {}"]),
    (predict_request("two_inputs", {"a": [1.0]}), "INVALID_ARGUMENT",
     ["input size does not match signature: 1!=2", "Missing but required: {b}"]),
    (predict_request("half_plus_two", {"z": [1.0]}), "INVALID_ARGUMENT", ["x"]),
    (predict_request("two_inputs", {"b": [1.0]}, "with_default"), "INVALID_ARGUMENT", ["a"]),
    (predict_request("half_plus_two", ANY, outputs=["q"]), "INVALID_ARGUMENT",
     ["output tensor alias not found in signature: q", "Outputs expected to be in the set {y}."]),
    (predict_request("half_plus_two", ANY, outputs=["y", "y"]), "INVALID_ARGUMENT",
     ["duplicate output tensor alias: y"]),
    (predict_request("half_plus_two", {"x": [b"s"]}), "INVALID_ARGUMENT",
     ["Expects arg[0] to be float but string is provided"]),
    (predict_request("half_plus_two", {"x": [1]}), "INVALID_ARGUMENT",
     ["Expects arg[0] to be float but int32 is provided"]),
    (predict_request("two_inputs", {"a": [1.0], "b": [2]}), "INVALID_ARGUMENT",
     ["Expects arg[1] to be float but int32 is provided"]),
    (predict_request("two_inputs", {"a": [1.0, 2.0], "b": [1.0, 2.0, 3.0]}), "INVALID_ARGUMENT", ["{{node "]),
    (predict_request("tf1_affine", {"x": [[1.0, 2.0, 3.0]]}), "INVALID_ARGUMENT", ["Matrix size-incompatible"]),
    (predict_request("digits", {"images": [1.0]}), "INVALID_ARGUMENT", ["shape"]),
    (predict_request("failing", {"x": [1.0, -1.0]}, "check"), "INVALID_ARGUMENT", ["negative input"]),
], ids=lambda value: value[0][:60] if isinstance(value, list) else None)
def test_refused(grpc_, request_, code, phrases):
    refused(lambda: grpc_.predict(request_), code, *phrases)


def test_order_of_checks(grpc_):
    """Model before signature before inputs before filter."""
    bad = {"x": raw(FLOAT, [-1])}
    refused(lambda: predict(grpc_, "nobody", bad, "nope", outputs=["q"]), "NOT_FOUND")
    refused(lambda: predict(grpc_, "half_plus_two", bad, "nope", outputs=["q"]), "FAILED_PRECONDITION")
    refused(lambda: predict(grpc_, "half_plus_two", bad, outputs=["q"]), "INVALID_ARGUMENT", "tensor parsing error: x")


def test_long_errors_are_cut(grpc_):
    text = refused(lambda: predict(grpc_, "odd", {"x": [-1.0]}, "long_error"), "INVALID_ARGUMENT", "long long")
    assert text.endswith("...TRUNCATED") and len(text) == 1024 + len("...TRUNCATED")


def test_deadline(grpc_):
    request = predict_request("slow", {"iterations": tensor(np.int32(4_000_000))})
    refused(lambda: grpc_.predict(request, timeout=0.3), "DEADLINE_EXCEEDED")
    assert predict(grpc_, "half_plus_two", {"x": [1.0]}).outputs


def test_deadline_ends_the_run(grpc_):
    """Runs of which nobody waits for the answer must not hold the threads that others need."""
    request = predict_request("slow", {"iterations": tensor(np.int32(2_000_000))})  # 50 s each
    calls = [grpc_.prediction.Predict.future(request, timeout=0.5) for _ in range(8)]
    assert {call.code() for call in calls} == {grpc.StatusCode.DEADLINE_EXCEEDED}
    quick = predict_request("slow", {"iterations": tensor(np.int32(1))})
    assert grpc_.predict(quick, timeout=10).outputs


def test_cancelled_calls(grpc_):
    request = predict_request("slow", {"iterations": tensor(np.int32(20_000))})  # half a second each
    calls = [grpc_.prediction.Predict.future(request, timeout=60) for _ in range(60)]
    for call in calls:
        call.cancel()
    quick = predict_request("slow", {"iterations": tensor(np.int32(1))})
    assert grpc_.predict(quick, timeout=15).outputs


def test_gzip(grpc_):
    answer, call = grpc_.prediction.Predict.with_call(
        predict_request("half_plus_two", {"x": content(np.ones(10_000, np.float32))}), timeout=30,
        compression=grpc.Compression.Gzip)
    assert len(answer.outputs["y"].float_val) == 10_000


@pytest.mark.parametrize("message", [b"\xff", b"\x0a\x05ab", b"\x12\x03\x0a\x7f\x00", b"\x0a\x02\x0a\xff"])
def test_malformed_message(grpc_, message):
    call = grpc_.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    with pytest.raises(grpc.RpcError) as failure:
        call(message, timeout=30)
    assert failure.value.code().name in ("INTERNAL", "INVALID_ARGUMENT"), failure.value  # gRPC C++ says INTERNAL
    assert "Exception" not in failure.value.details()
    assert predict(grpc_, "half_plus_two", {"x": [1.0]}).outputs


@pytest.mark.parametrize("method", ["/tensorflow.serving.SessionService/SessionRun",
                                    "/tensorflow.serving.PredictionService/PredictStreamed",
                                    "/tensorflow.serving.Nothing/Predict", "/x"])
def test_unknown_method(grpc_, method):
    call = grpc_.channel.unary_unary(method)
    refused(lambda: call(b"", timeout=30), "UNIMPLEMENTED")
