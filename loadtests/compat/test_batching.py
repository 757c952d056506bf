"""Batching by parameters: sizes, padding, limits, isolation, splitting; one server, parameters in each version folder."""

import threading

import numpy as np
import pytest

import models
from clients import Grpc, Rest, content, numbers, predict_request, refused, tensor
from server import Server, exchange, until

pytestmark = pytest.mark.own

LONG = "batch_timeout_micros { value: 20000000 }"  # a batch runs because it is full, not because it is late
PARAMETERS = {  # name -> (fixture, parameters)
    "full": ("odd", "max_batch_size { value: 4 } " + LONG),
    "sizes": ("odd", "max_batch_size { value: 8 } allowed_batch_sizes: [2, 4, 8]"),
    "isolated": ("failing", "max_batch_size { value: 4 } " + LONG),
    "padded": ("ragged_ok", "max_batch_size { value: 3 } pad_variable_length_inputs: true " + LONG),
    "unpadded": ("ragged_ok", "max_batch_size { value: 2 } batch_timeout_micros { value: 1000 }"),
    "queue": ("slow", "max_batch_size { value: 2 } max_enqueued_batches { value: 2 }"),
    "split": ("odd", "max_batch_size { value: 12 } max_execution_batch_size { value: 4 } "
                     "enable_large_batch_splitting { value: true }"),
    "splitqueue": ("slow", "max_batch_size { value: 12 } max_execution_batch_size { value: 4 } "
                           "enable_large_batch_splitting { value: true } max_enqueued_batches { value: 2 }"),
    "unmatched": ("half_plus_two", "max_batch_size { value: 4 } allowed_batch_sizes: [1, 2]"),
    "two": ("two_inputs", "max_batch_size { value: 4 }"),
    "unbatched": ("odd", None),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory, folder):
    base = tmp_path_factory.mktemp("batching")
    import shutil
    for name, (fixture, parameters) in PARAMETERS.items():
        source = str(folder / "odd") if fixture == "odd" else models.source(fixture)
        shutil.copytree(source, base / name)
        if parameters:
            models.write(str(base / name / "1" / "batching_params.pbtxt"), parameters)
    file = models.write(str(base / "models.config"), models.config({name: base / name for name in PARAMETERS}))
    common = models.write(str(base / "batching.txt"), "num_batch_threads { value: 2 } max_batch_size { value: 1 }")
    with Server({"model_config_file": file, "enable_batching": "true", "enable_per_model_batching_parameters": "true",
                 "batching_parameters_file": common, "max_num_load_retries": 0, "enable_model_warmup": "false"}) as started:
        yield started.open().available(*(name for name in PARAMETERS if name != "unmatched"))


@pytest.fixture(scope="module")
def grpc_(server):
    client = Grpc(server.grpc)
    yield client
    client.close()


def rows(*values):
    return content(np.array(values, np.float32))


def futures(grpc_, model, inputs, signature=None, alias="x"):
    return [grpc_.prediction.Predict.future(predict_request(model, {alias: value}, signature), timeout=60)
            for value in inputs]


def sizes(call):
    return numbers(call.result().outputs["size"]).tolist()


def test_full_batch_runs_at_once(grpc_):
    """Two and two rows: the model sees four at once, long before the batch would be late."""
    first, second = futures(grpc_, "full", [rows(1, 2), rows(3, 4)], "batch")
    assert sizes(first) == [4, 4] and sizes(second) == [4, 4]


def test_full_request_runs_at_once(grpc_):
    assert sizes(futures(grpc_, "full", [rows(1, 2, 3, 4)], "batch")[0]) == [4] * 4


def test_different_signatures_are_not_batched_together(grpc_):
    a = futures(grpc_, "full", [rows(1, 2), rows(3, 4)], "batch")
    b = futures(grpc_, "full", [rows(1, 2), rows(3, 4)], "serving_default")
    assert [sizes(call) for call in a] == [[4, 4]] * 2
    assert [numbers(call.result().outputs["y"]).tolist() for call in b] == [[2, 3], [4, 5]]


def test_rest_and_grpc_share_batches(grpc_, server):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(Rest(server.rest).predict(
        "full", {"signature_name": "batch", "instances": [1, 2]})))
    thread.start()
    assert sizes(futures(grpc_, "full", [rows(3, 4)], "batch")[0]) == [4, 4]
    thread.join()
    assert answers == [{"predictions": [4, 4]}]


@pytest.mark.parametrize("count, executed", [(1, 2), (2, 2), (3, 4), (5, 8), (8, 8)])
def test_allowed_sizes(grpc_, count, executed):
    assert sizes(futures(grpc_, "sizes", [rows(*range(count))], "batch")[0]) == [executed] * count


def test_zero_rows_are_answered(grpc_):
    call = futures(grpc_, "full", [content(np.zeros(0, np.float32))], "batch")[0]
    assert sizes(call) == []


def test_too_many_rows(grpc_, server):
    refused(lambda: futures(grpc_, "full", [rows(*range(5))], "batch")[0].result(), "INVALID_ARGUMENT",
            "Task size 5 is larger than maximum input batch size 4")
    Rest(server.rest).refused("/v1/models/full:predict", {"signature_name": "batch", "instances": [1] * 5}, 400,
                              "Task size 5 is larger than maximum input batch size 4")


@pytest.mark.parametrize("request_, phrase", [
    (predict_request("full", {"x": tensor(1.0)}, "batch"),
     "Batching Run() input tensors must have at least one dimension"),
    (predict_request("two", {"a": rows(1, 2), "b": rows(1, 2, 3)}),
     "Batching Run() input tensors must have equal 0th-dimension size"),
    (predict_request("full", {}, "no_inputs"), "Batching Run() must have at least one input tensor")])
def test_requests_that_cannot_be_batched(grpc_, request_, phrase):
    refused(lambda: grpc_.predict(request_), "INVALID_ARGUMENT", phrase)


def test_one_bad_request_fails_alone(grpc_):
    """TensorFlow Serving fails all four."""
    calls = futures(grpc_, "isolated", [rows(1), rows(2), rows(-3), rows(4)], "check")
    refused(calls[2].result, "INVALID_ARGUMENT", "negative input")
    assert [numbers(calls[k].result().outputs["y"]).tolist() for k in (0, 1, 3)] == [[2], [4], [8]]


def test_bad_request_alone(grpc_):
    refused(futures(grpc_, "isolated", [rows(1, 2, 3, -4)], "check")[0].result, "INVALID_ARGUMENT", "negative input")


def test_wrong_dtype_does_not_disturb_a_batch(grpc_):
    wrong = futures(grpc_, "isolated", [tensor([b"s"])], "check")[0]
    refused(wrong.result, "INVALID_ARGUMENT", "Expects arg[0] to be float but string is provided")
    calls = futures(grpc_, "isolated", [rows(1, 2), rows(3, 4)], "check")
    assert [numbers(call.result().outputs["y"]).tolist() for call in calls] == [[2, 4], [6, 8]]


def test_padding(grpc_):
    """At the end, with the tensor's own first element, up to the longest of the batch."""
    short, middle, long = futures(grpc_, "padded", [rows([5]), rows([1, 2]), rows([1, 2, 4])])
    found = {name: (numbers(call.result().outputs["s"]).tolist(), numbers(call.result().outputs["len"]).tolist())
             for name, call in (("short", short), ("middle", middle), ("long", long))}
    assert found == {"short": ([15], [3]), "middle": ([4], [3]), "long": ([7], [3])}


def test_no_padding(grpc_):
    """Different shapes are never joined; TensorFlow Serving fails the whole batch."""
    calls = futures(grpc_, "unpadded", [rows([5]), rows([1, 2]), rows([6]), rows([1, 2, 4])])
    assert [numbers(call.result().outputs["s"]).tolist() for call in calls] == [[5], [3], [6], [7]]
    assert [numbers(call.result().outputs["len"]).tolist() for call in calls] == [[1], [2], [1], [3]]


def busy(iterations, *counts):
    return [content(np.full(count, iterations, np.int32)) for count in counts]


def test_full_queue(grpc_, server):
    """Two threads at work, two batches waiting: the next one is refused."""
    calls = futures(grpc_, "queue", busy(60_000, *[2] * 12), "rows", alias="iterations")
    outcomes = [call.exception() for call in calls]
    texts = [failure.details() for failure in outcomes if failure]
    assert texts and len(texts) < 12 and {failure.code().name for failure in outcomes if failure} == {"UNAVAILABLE"}
    assert texts[0] == ("The batch scheduling queue to which this task was submitted is full; currently 2 batches "
                        "enqueued and max_enqueued_batches is 2")


def test_full_queue_over_rest(grpc_, server):
    calls = futures(grpc_, "queue", busy(60_000, *[2] * 12), "rows", alias="iterations")
    until(lambda: any(call.done() and call.exception() for call in calls), "a refusal")
    answer = exchange(server.rest, "POST", "/v1/models/queue:predict",
                      '{"signature_name": "rows", "instances": [1, 1]}')
    [call.exception() for call in calls]
    assert answer.status in (200, 503), answer
    if answer.status == 503:
        assert "The batch scheduling queue to which this task was submitted is full" in answer.text


def test_expired_in_the_queue(grpc_):
    hold = futures(grpc_, "queue", busy(60_000, 2, 2), "rows", alias="iterations")
    request = predict_request("queue", {"iterations": busy(1, 2)[0]}, "rows")
    refused(lambda: grpc_.predict(request, timeout=0.2), "DEADLINE_EXCEEDED")
    assert all(call.result().outputs for call in hold)


def test_expired_in_the_queue_over_rest(serve, tmp_path):
    """A REST call's own time-out, while other calls have the only thread; asked again where it came before them."""
    file = models.write(str(tmp_path / "b.txt"), "max_batch_size { value: 2 } num_batch_threads { value: 1 }")
    server = serve({"model_name": "slow", "model_base_path": models.source("slow"), "enable_batching": "true",
                    "batching_parameters_file": file, "rest_api_timeout_in_ms": 400, "enable_model_warmup": "false"},
                   "slow")
    client = Grpc(server.grpc)
    answers = []

    def expired():
        hold = futures(client, "slow", busy(150_000, 2, 2, 2), "rows", alias="iterations")
        while not hold[-1].done() and (not answers or answers[-1].status != 429):
            answers.append(exchange(server.rest, "POST", "/v1/models/slow:predict",
                                    '{"signature_name": "rows", "instances": [1]}'))
        assert all(call.result().outputs for call in hold)
        return answers and answers[-1].status == 429

    until(expired, lambda: f"429, but {[answer.status for answer in answers]}")
    assert "Run() timeout exceeded while waiting in batching queue" in answers[-1].text
    assert {answer.status for answer in answers} <= {200, 429, 504}, answers  # 504: its own run was slow
    client.close()


def test_splitting(grpc_):
    call = futures(grpc_, "split", [rows(*range(11))], "serving_default")[0]
    assert numbers(call.result().outputs["y"]).tolist() == [value + 1 for value in range(11)]
    assert max(sizes(futures(grpc_, "split", [rows(*range(12))], "batch")[0])) <= 4
    refused(futures(grpc_, "split", [rows(*range(13))], "batch")[0].result, "INVALID_ARGUMENT",
            "Task size 13 is larger than maximum input batch size 12")


def test_full_queue_with_splitting(grpc_):
    calls = futures(grpc_, "splitqueue", busy(40_000, *[8] * 8), "rows", alias="iterations")
    texts = [call.exception().details() for call in calls if call.exception()]
    assert texts and "task size is 8 but scheduling capacity is only" in texts[0] and "max_execution_batch_size=4)" in texts[0]
    assert texts[0].startswith("The batch scheduling queue to which this task was submitted is full; ")


def test_last_allowed_size_must_be_the_largest(grpc_):
    until(lambda: grpc_.status("unmatched")[1][0] == "END", lambda: str(grpc_.status("unmatched")))
    state, code, text = grpc_.status("unmatched")[1]
    assert code == 3 and ("Last entry in allowed_batch_sizes must match max_batch_size; last entry was 2; expected 4"
                          in text), text


def test_model_without_a_file_is_not_batched(grpc_):
    calls = futures(grpc_, "unbatched", [rows(1), rows(2, 3)], "batch")
    assert [sizes(call) for call in calls] == [[1], [2, 2]]


def test_output_filter_has_a_queue_of_its_own(grpc_):
    request = predict_request("two", {"a": rows(1, 2), "b": rows(3, 4)}, outputs=["sum"])
    assert numbers(grpc_.predict(request).outputs["sum"]).tolist() == [4, 6]


def test_many_requests(grpc_):
    """Every answer belongs to its question."""
    calls = futures(grpc_, "sizes", [rows(*range(k, k + 1 + k % 5)) for k in range(300)], "serving_default")
    refusals = 0
    for k, call in enumerate(calls):
        failure = call.exception()
        if failure:
            assert failure.code().name == "UNAVAILABLE", failure
            refusals += 1
        else:
            assert numbers(call.result().outputs["y"]).tolist() == [value + 1 for value in range(k, k + 1 + k % 5)]
    assert refusals < 300


def test_global_parameters(serve, tmp_path):
    file = models.write(str(tmp_path / "b.txt"), "max_batch_size { value: 4 } allowed_batch_sizes: 2 "
                                                 "allowed_batch_sizes: 4 num_batch_threads { value: 1 }")
    server = serve({"model_name": "m", "model_base_path": models.source("half_plus_two"), "enable_batching": "true",
                    "batching_parameters_file": file}, "m")
    rest = Rest(server.rest)
    assert rest.predict("m", {"instances": [1, 2, 3]}) == {"predictions": [2.5, 3.0, 3.5]}
    rest.refused("/v1/models/m:predict", {"instances": [1] * 5}, 400,
                 "Task size 5 is larger than maximum input batch size 4")
