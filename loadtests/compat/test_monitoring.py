"""TensorFlow Serving's metrics page."""

import re

import pytest

import models
from clients import Rest
from server import exchange

PAGE = "/monitoring/prometheus/metrics"


def page(rest):
    answer = rest.get(PAGE)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain"), answer
    return answer.text


def value(rest, line):
    found = re.search("^" + re.escape(line) + r" (\S+)$", page(rest), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_form(rest):
    rest.predict("half_plus_two", {"instances": [1]})
    text = page(rest)
    assert "# HELP" not in text and text.endswith("\n") and not text.endswith("\n\n")
    for line in text.splitlines():
        assert re.fullmatch(r"# TYPE [:a-zA-Z0-9_]+ (counter|gauge|histogram)", line) or re.fullmatch(
            r"[:a-zA-Z0-9_]+\{.*\} \S+", line), line


@pytest.mark.parametrize("name, kind", [
    ("request_count", "counter"), ("request_latency", "histogram"), ("runtime_latency", "histogram"),
    ("model_warmup_latency", "histogram")])
def test_names(rest, name, kind):
    rest.predict("half_plus_two", {"instances": [1]})
    assert f"# TYPE :tensorflow:serving:{name} {kind}" in page(rest)


def test_counts_of_rest(rest):
    ok = ':tensorflow:serving:request_count{model_name="half_plus_two",status="OK"}'
    bad = ':tensorflow:serving:request_count{model_name="half_plus_two",status="INVALID_ARGUMENT"}'
    latency = ':tensorflow:serving:request_latency_count{model_name="half_plus_two",API="predict",entrypoint="REST"}'
    before = [value(rest, line) for line in (ok, bad, latency)]
    for _ in range(3):
        rest.predict("half_plus_two", {"instances": [1]})
    rest.refused("/v1/models/half_plus_two:predict", {}, 400)
    assert [value(rest, line) for line in (ok, bad, latency)] == [before[0] + 3, before[1] + 1, before[2] + 3]


def test_counts_of_grpc(rest, grpc_):
    from clients import predict_request
    latency = ':tensorflow:serving:request_latency_count{model_name="half_plus_two",API="Predict",entrypoint="GRPC"}'
    before = value(rest, latency)
    grpc_.predict(predict_request("half_plus_two", {"x": [1.0]}))
    assert value(rest, latency) == before + 1


def test_counts_of_examples(rest, grpc_):
    from clients import examples_request, multi_request, spec
    total = ':tensorflow:serving:request_example_count_total{model="half_plus_two"}'
    requests = ':tensorflow:serving:request_example_counts_count{model="half_plus_two"}'
    before = [value(rest, line) for line in (total, requests)]
    two = [{"x": 1.0}, {"x": 2.0}]
    grpc_.prediction.Classify(examples_request("classify", "half_plus_two", two, "classify_x_to_y"), timeout=60)
    grpc_.prediction.Regress(examples_request("regress", "half_plus_two", two, "regress_x_to_y"), timeout=60)
    grpc_.prediction.MultiInference(multi_request(
        [(spec("half_plus_two", signature="regress_x_to_y"), "tensorflow/serving/regress"),
         (spec("half_plus_two", signature="classify_x_to_y"), "tensorflow/serving/classify")], two), timeout=60)
    rest.predict("half_plus_two", {"signature_name": "regress_x_to_y", "examples": [{"x": 1.5}]}, "regress")
    rest.refused("/v1/models/half_plus_two:regress", {"examples": []}, 400)
    assert [value(rest, line) for line in (total, requests)] == [before[0] + 7, before[1] + 4]


def test_buckets(rest):
    rest.predict("half_plus_two", {"instances": [1]})
    cells = re.findall(r':tensorflow:serving:request_latency_bucket\{model_name="half_plus_two",API="predict",'
                       r'entrypoint="REST",le="([^"]+)"\} (\d+)', page(rest))
    assert [float(bound) for bound, _ in cells[:3]] == pytest.approx([10, 18, 32.4]) and cells[-1][0] == "+Inf"
    assert len(cells) in (33, 34)
    counts = [int(count) for _, count in cells]
    assert counts == sorted(counts)


def test_query_is_refused(rest):
    answer = rest.get(PAGE + "?a=b")
    assert answer.status == 400 and f"Unexpected path: {PAGE}?a=b. Should be {PAGE}" in answer.text, answer


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_any_method(rest, method):
    assert rest.call(method, PAGE, "").status == 200


@pytest.mark.own
def test_path_of_the_file(serve, tmp_path):
    file = models.write(str(tmp_path / "m"), 'prometheus_config { enable: true path: "/here" }')
    server = serve({"model_name": "m", "model_base_path": models.source("half_plus_two"), "monitoring_config_file": file,
                    "enable_batching": "true"}, "m")
    Rest(server.rest).predict("m", {"instances": [1]})
    text = exchange(server.rest, "GET", "/here").text
    assert ":tensorflow:serving:request_count" in text and exchange(server.rest, "GET", PAGE).status == 404
    for name in ("queuing_latency", "wrapped_run_count", "input_batch_size", "processed_batch_size"):
        assert f"# TYPE :tensorflow:serving:batching_session:{name} " in text, name


@pytest.mark.own
def test_off_by_default(serve):
    server = serve({"model_name": "m", "model_base_path": models.source("half_plus_two")}, "m")
    assert exchange(server.rest, "GET", PAGE).status == 404
    assert exchange(server.rest, "GET", "/q/metrics").status == 200
