"""Triton's own Python clients over both transports: every call, and every datatype in every form."""

import numpy as np
import pytest
from tritonclient.utils import InferenceServerException

TYPES = {
    "t_bool": ("BOOL", np.array([True, False])),
    "t_int8": ("INT8", np.array([-128, 127], np.int8)),
    "t_int16": ("INT16", np.array([-2**15, 2**15 - 1], np.int16)),
    "t_int32": ("INT32", np.array([-2**31, 2**31 - 1], np.int32)),
    "t_int64": ("INT64", np.array([-2**63, 2**63 - 1, 2**53 + 1], np.int64)),
    "t_uint8": ("UINT8", np.array([0, 255], np.uint8)),
    "t_uint16": ("UINT16", np.array([0, 65535], np.uint16)),
    "t_uint32": ("UINT32", np.array([0, 2**32 - 1], np.uint32)),
    "t_uint64": ("UINT64", np.array([0, 2**64 - 1], np.uint64)),
    "t_float16": ("FP16", np.array([1.5, -65504], np.float16)),
    "t_float32": ("FP32", np.array([1.5, np.nan, np.inf, -np.inf, 1e-45, 3.4028235e38, -0.0], np.float32)),
    "t_float64": ("FP64", np.array([0.1, np.nan, -np.inf, 5e-324], np.float64)),
    "t_string": ("BYTES", np.array([b"", b"\xff\x00a", "é".encode()], object)),
}


def given(module, name, datatype, values, **how):
    tensor = module.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values, **how)
    return tensor


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and (
        list(a.ravel()) == list(b.ravel()) if a.dtype == object else a.tobytes() == b.tobytes())


def test_the_server_tells_of_itself(triton):
    module, client = triton
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("digits") and client.is_model_ready("digits", "2")
    assert not client.is_model_ready("nothing") and not client.is_model_ready("digits", "99")
    kind = {"as_json": True} if module.__name__.endswith("grpc") else {}
    server = client.get_server_metadata(**kind)
    assert server["name"] == "hearth"
    assert {"binary_tensor_data", "statistics", "system_shared_memory"} <= set(server["extensions"])
    model = client.get_model_metadata("digits", **kind)
    assert model["inputs"][0]["name"] == "images" and model["inputs"][0]["datatype"] == "FP32"
    config = client.get_model_config("digits", **kind)
    config = config.get("config", config)
    assert config["max_batch_size"] > 1 and config["input"][0]["data_type"] == "TYPE_FP32"


@pytest.mark.parametrize("signature", TYPES)
def test_every_datatype_comes_back_bit_for_bit(triton, signature):
    module, client = triton
    datatype, values = TYPES[signature]
    answer = client.infer("all_types", [given(module, "x", datatype, values)],
                          parameters={"signature_name": signature}, request_id="42")
    assert answer.get_response()["id"] == "42" if module.__name__.endswith("http") else answer.get_response().id == "42"
    assert same(answer.as_numpy("y"), values)


@pytest.mark.parametrize("signature", [name for name in TYPES if name not in ("t_float16", "t_string")])
@pytest.mark.parametrize("sent_binary,wanted_binary", [(False, False), (False, True), (True, False)])
def test_json_and_plain_bytes_mix(http, signature, sent_binary, wanted_binary):
    import tritonclient.http as module
    datatype, values = TYPES[signature]
    answer = http.infer("all_types", [given(module, "x", datatype, values, binary_data=sent_binary)],
                        outputs=[module.InferRequestedOutput("y", binary_data=wanted_binary)],
                        parameters={"signature_name": signature})
    # JSON has one not-a-number; its bits may differ, its place may not.
    assert np.array_equal(answer.as_numpy("y"), values, equal_nan=values.dtype.kind == "f")


def test_text_in_json(http):
    import tritonclient.http as module
    values = np.array(["a\n\"", "é"], object)
    answer = http.infer("all_types", [given(module, "x", "BYTES", values, binary_data=False)],
                        outputs=[module.InferRequestedOutput("y", binary_data=False)],
                        parameters={"signature_name": "t_string"})
    assert [value for value in answer.as_numpy("y")] == list(values) or \
        [value.decode() for value in answer.as_numpy("y")] == list(values)


def test_bfloat16(http):
    import tritonclient.http as module
    import ml_dtypes
    values = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    answer = http.infer("all_types", [given(module, "x", "BF16", values)], parameters={"signature_name": "t_bfloat16"})
    assert np.array_equal(answer.as_numpy("y").astype(np.float32), values.astype(np.float32))


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed_bodies(http, algorithm):
    import tritonclient.http as module
    values = np.arange(20000, dtype=np.float32)
    answer = http.infer("half_plus_two", [given(module, "x", "FP32", values)],
                        request_compression_algorithm=algorithm, response_compression_algorithm="gzip")
    assert np.array_equal(answer.as_numpy("y"), values / 2 + 2)


def test_two_inputs_and_chosen_outputs(triton):
    module, client = triton
    a, b = np.array([1, 2], np.float32), np.array([3, 4], np.float32)
    answer = client.infer("two_inputs", [given(module, "b", "FP32", b), given(module, "a", "FP32", a)],
                          outputs=[module.InferRequestedOutput("product")])
    assert answer.as_numpy("product").tolist() == [3, 8] and answer.as_numpy("sum") is None


def test_classes(triton):
    module, client = triton
    images = np.random.default_rng(1).random((3, 8, 8, 1), np.float32)
    plain = client.infer("digits", [given(module, "images", "FP32", images)]).as_numpy("probabilities")
    classes = client.infer("digits", [given(module, "images", "FP32", images)],
                           outputs=[module.InferRequestedOutput("probabilities", class_count=3)]).as_numpy("probabilities")
    assert classes.shape == (3, 3)
    for row, best in zip(plain, classes):
        assert [int(text.decode().split(":")[1]) for text in best] == list(np.argsort(-row, kind="stable")[:3])


@pytest.mark.parametrize("wrong", [
    dict(model="nothing"), dict(version="99"), dict(name="nix"), dict(datatype="INT32"), dict(output="nix"),
])
def test_what_is_wrong_is_said(triton, wrong):
    module, client = triton
    datatype = wrong.get("datatype", "FP32")
    values = np.array([1], np.int32 if datatype == "INT32" else np.float32)
    outputs = [module.InferRequestedOutput(wrong["output"])] if "output" in wrong else None
    with pytest.raises(InferenceServerException) as refused:
        client.infer(wrong.get("model", "half_plus_two"), [given(module, wrong.get("name", "x"), datatype, values)],
                     model_version=wrong.get("version", ""), outputs=outputs)
    expected = {"model": "is not found", "version": "version 99 is not found", "name": "'nix'", "datatype": "'x'",
                "output": "'nix'"}
    assert expected[next(iter(wrong))] in str(refused.value)


def test_sequences_are_refused(triton):
    module, client = triton
    with pytest.raises(InferenceServerException, match="sequence_id"):
        client.infer("half_plus_two", [given(module, "x", "FP32", np.ones(1, np.float32))], sequence_id=7,
                     sequence_start=True)


def test_a_short_timeout_is_a_deadline(triton):
    module, client = triton
    with pytest.raises(InferenceServerException, match="[Tt]ime|[Dd]eadline"):
        client.infer("half_plus_two", [given(module, "x", "FP32", np.ones(1, np.float32))], timeout=1)


def test_priorities_are_taken(triton):
    module, client = triton
    for priority in (0, 1, 2, 3):
        client.infer("half_plus_two", [given(module, "x", "FP32", np.ones(1, np.float32))], priority=priority)


def test_statistics_count_rows_and_runs(triton):
    module, client = triton

    def stats():
        kind = {"as_json": True} if module.__name__.endswith("grpc") else {}
        return client.get_inference_statistics("two_inputs", **kind)["model_stats"][0]

    before = stats()
    values = np.ones(5, np.float32)
    for _ in range(3):
        client.infer("two_inputs", [given(module, "a", "FP32", values), given(module, "b", "FP32", values)])
    after = stats()
    assert int(after["inference_count"]) - int(before["inference_count"]) == 15
    assert int(after["execution_count"]) - int(before["execution_count"]) == 3
    success = [int(s["inference_stats"]["success"].get("count", 0)) for s in (before, after)]
    assert success[1] - success[0] == 3


def test_models_go_out_and_in(triton):
    module, client = triton
    client.unload_model("diabetes")
    assert not client.is_model_ready("diabetes")
    client.load_model("diabetes")
    assert client.is_model_ready("diabetes")
    with pytest.raises(InferenceServerException, match="failed to load 'nothing'"):
        client.load_model("nothing")
    kind = {"as_json": True} if module.__name__.endswith("grpc") else {}
    index = client.get_model_repository_index(**kind)
    index = index.get("models", index) if isinstance(index, dict) else index
    assert {"name": "digits", "version": "2", "state": "READY"}.items() <= next(
        entry for entry in index if entry["name"] == "digits").items()


def test_settings(triton):
    module, client = triton
    client.update_log_settings({"log_verbose_level": 1})
    kind = {"as_json": True} if module.__name__.endswith("grpc") else {}
    assert "1" in str(client.get_log_settings(**kind))
    client.update_log_settings({"log_verbose_level": 0})
    client.get_trace_settings()
    with pytest.raises(InferenceServerException, match="trace_level"):
        client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]})
    with pytest.raises(InferenceServerException, match="CUDA"):
        client.get_cuda_shared_memory_status()


def test_asynchronous_calls(http, grpc):
    import queue
    import tritonclient.grpc
    import tritonclient.http
    values = np.arange(4, dtype=np.float32)
    calls = [http.async_infer("half_plus_two", [given(tritonclient.http, "x", "FP32", values + i)]) for i in range(8)]
    for i, call in enumerate(calls):
        assert np.array_equal(call.get_result().as_numpy("y"), (values + i) / 2 + 2)
    answers = queue.Queue()
    for i in range(8):
        grpc.async_infer("half_plus_two", [given(tritonclient.grpc, "x", "FP32", values + i)],
                         callback=lambda result, error, i=i: answers.put((i, result, error)))
    for _ in range(8):
        i, result, error = answers.get(timeout=60)
        assert error is None and np.array_equal(result.as_numpy("y"), (values + i) / 2 + 2)


def test_a_stream_answers_in_order(grpc):
    import queue
    import tritonclient.grpc as module
    answers = queue.Queue()
    grpc.start_stream(lambda result, error: answers.put((result, error)))
    for i in range(200):
        model = "nothing" if i == 77 else "half_plus_two"
        grpc.async_stream_infer(model, [given(module, "x", "FP32", np.full(3, i, np.float32))], request_id=str(i))
    for i in range(200):
        result, error = answers.get(timeout=60)
        if i == 77:
            assert "is not found" in str(error)
        else:
            assert error is None and result.get_response().id == str(i)
            assert result.as_numpy("y").tolist() == [i / 2 + 2] * 3
    grpc.stop_stream()


def test_a_stream_of_large_messages(grpc):
    import queue
    import tritonclient.grpc as module
    answers = queue.Queue()
    grpc.start_stream(lambda result, error: answers.put((result, error)))
    for i in range(12):
        grpc.async_stream_infer("half_plus_two", [given(module, "x", "FP32", np.full(500000, i, np.float32))])
    for i in range(12):
        result, error = answers.get(timeout=120)
        assert error is None and result.as_numpy("y")[-1] == i / 2 + 2
    grpc.stop_stream()
