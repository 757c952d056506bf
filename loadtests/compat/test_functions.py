"""Hearth's own paths: predict with CloudEvents, model status, warm-up, health."""

import json

import numpy as np
import pytest

import models

pytestmark = pytest.mark.hearth

EVENT = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/test", "ce-type": "dev.hearth.predict.request",
         "Content-Type": "application/json"}
BODY = json.dumps({"instances": [1.0, 2.0]})
PATH = "/functions/predict/half_plus_two"


def test_plain_predict(rest):
    answer = rest.call("POST", PATH, BODY, {"Content-Type": "application/json"})
    assert answer.status == 200 and json.loads(answer.body) == {"predictions": [2.5, 3.0]}, answer
    assert "ce-id" not in answer.headers


def test_digits(rest, digits):
    images, expected = digits
    answer = rest.call("POST", "/functions/predict/digits", {"instances": images[:5].tolist()},
                       {"Content-Type": "application/json"})
    rows = json.loads(answer.body)["predictions"]
    np.testing.assert_allclose([row["probabilities"] for row in rows], expected["2"]["probabilities"][:5], atol=1e-5)


def test_binary_event(rest):
    answer = rest.call("POST", PATH, BODY, EVENT)
    assert answer.status == 200 and json.loads(answer.body) == {"predictions": [2.5, 3.0]}, answer
    assert answer.headers["ce-specversion"] == "1.0" and answer.headers["ce-id"] and answer.headers["ce-source"]
    assert answer.headers["ce-type"] and answer.headers["ce-type"] != EVENT["ce-type"]
    assert answer.headers["Content-Type"].startswith("application/json")


def structured(data=None, **more):
    event = {"specversion": "1.0", "id": "e-2", "source": "/test", "type": "dev.hearth.predict.request",
             "datacontenttype": "application/json", "data": data or {"instances": [1.0, 2.0]}, **more}
    return json.dumps({name: value for name, value in event.items() if value is not None})


STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}


def test_structured_event(rest):
    answer = rest.call("POST", PATH, structured(), STRUCTURED)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("application/cloudevents+json"), answer
    event = json.loads(answer.body)
    assert event["specversion"] == "1.0" and event["id"] and event["source"] and event["type"]
    assert event["data"] == {"predictions": [2.5, 3.0]}


@pytest.mark.parametrize("missing", ["id", "source", "type", "specversion"])
def test_structured_event_without(rest, missing):
    assert rest.call("POST", PATH, structured(**{missing: None}), STRUCTURED).status == 400


@pytest.mark.parametrize("missing", ["ce-id", "ce-source", "ce-type"])
def test_binary_event_without(rest, missing):
    answer = rest.call("POST", PATH, BODY, {name: value for name, value in EVENT.items() if name != missing})
    assert answer.status == 400, answer


@pytest.mark.parametrize("body, status", [("{", 400), ({"instances": ["x"]}, 400), ({}, 400)])
@pytest.mark.parametrize("headers", [{"Content-Type": "application/json"}, EVENT], ids=["plain", "event"])
def test_bad_predict(rest, body, status, headers):
    answer = rest.call("POST", PATH, body, headers)
    assert answer.status == status and "Exception" not in answer.text, answer


def test_unknown_model(rest):
    assert rest.call("POST", "/functions/predict/nobody", BODY, {"Content-Type": "application/json"}).status == 404
    assert rest.call("POST", "/functions/predict/nobody", structured(), STRUCTURED).status == 404


def test_deep_structured_event(rest):
    text = '{"specversion": "1.0", "id": "a", "source": "b", "type": "c", "data": ' + "[" * 500_000
    assert rest.call("POST", PATH, text, STRUCTURED).status == 400
    text = text + "]" * 500_000 + "}"
    assert rest.call("POST", PATH, text, STRUCTURED).status == 400


def test_status_of_all(rest):
    answer = rest.get("/functions/model-status")
    assert answer.status == 200 and all(name in answer.text for name in models.DEMO_MODELS), answer
    json.loads(answer.body)


def test_status_of_one(rest):
    answer = rest.get("/functions/model-status/digits")
    text = json.dumps(json.loads(answer.body))
    assert answer.status == 200 and "AVAILABLE" in text and "serving_default" in text, answer
    assert rest.get("/functions/model-status/nobody").status == 404


def test_status_of_a_failed_one(rest):
    answer = rest.get("/functions/model-status/no_such_op")
    assert answer.status == 200 and "NoSuchOp" in answer.text, answer


def test_warmup(rest):
    for target in ("/functions/warmup/half_plus_two", "/functions/warmup/half_plus_two", "/functions/warmup/warm"):
        answer = rest.call("POST", target, "")
        assert answer.status == 200, answer
        json.loads(answer.body)
    assert rest.call("POST", "/functions/warmup/nobody", "").status == 404


@pytest.mark.parametrize("probe", ["ready", "live", "started"])
def test_health(rest, probe):
    answer = rest.get(f"/q/health/{probe}")
    assert answer.status in ((200, 503) if probe == "ready" else (200,)), answer  # some models of the suite have failed
    json.loads(answer.body)


def test_metrics(rest):
    answer = rest.get("/q/metrics")
    assert answer.status == 200 and "half_plus_two" in answer.text
