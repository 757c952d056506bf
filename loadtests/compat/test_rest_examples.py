"""REST classify and regress."""

import json

import numpy as np
import pytest

import models

CLASSIFY = "/v1/models/parse_example:classify"
REGRESS = "/v1/models/parse_example:regress"


@pytest.mark.parametrize("version", [1, 2])
def test_classify_digits(rest, digits, version):
    images, expected = digits
    body = {"signature_name": "classify", "examples": [{"image": image.ravel().tolist()} for image in images]}
    rows = rest.predict(f"digits/versions/{version}", body, "classify")["results"]
    assert [[label for label, _ in row] for row in rows] == [[str(k) for k in range(10)]] * len(images)
    np.testing.assert_allclose([[score for _, score in row] for row in rows],
                               expected[str(version)]["probabilities"], atol=1e-5)


def test_samples(rest):
    assert len(rest.predict("digits", models.sample("digits_classify"), "classify")["results"]) == 3
    expected = models.sample("diabetes_expected")["progression"][:3]
    results = rest.predict("diabetes", models.sample("diabetes_regress"), "regress")["results"]
    np.testing.assert_allclose(results, np.ravel(expected), rtol=1e-5)


@pytest.mark.parametrize("model, verb, body, results", [
    ("half_plus_two", "regress", {"signature_name": "regress", "examples": [{"x": 1.0}, {"x": 5.0}]}, [2.5, 4.5]),
    ("half_plus_two", "regress", {"signature_name": "regress_x_to_y", "examples": [{"x": [1.0]}]}, [2.5]),
    ("half_plus_two", "classify", {"signature_name": "classify_x_to_y", "examples": [{"x": 1.0}, {"x": 5.0}]},
     [[["", 2.5]], [["", 4.5]]]),
    ("half_plus_two", "regress", {"signature_name": "regress", "context": {"x": 5.0}, "examples": [{}, {"x": 1.0}]},
     [4.5, 2.5]),
    ("half_plus_two", "regress", {"signature_name": "regress", "context": {}, "examples": [{"x": 1.0}]}, [2.5]),
    ("odd", "classify", {"signature_name": "c_classes_only", "examples": [{}]}, [[["c", 0.0], ["c", 0.0]]]),
    ("odd", "regress", {"signature_name": "r_flat", "examples": [{}, {"any": 1}]}, [1.0, 1.0]),
])
def test_results(rest, model, verb, body, results):
    assert rest.predict(model, body, verb) == {"results": results}


def test_infinite_results(rest):
    answer = rest.call("POST", "/v1/models/half_plus_two:regress",
                       '{"signature_name": "regress", "examples": [{"x": Infinity}, {"x": NaN}]}')
    assert answer.status == 200 and "Infinity" in answer.text and "NaN" in answer.text, answer


@pytest.mark.parametrize("feature, kind", [
    ({"f": 1}, "int64_list"), ({"f": True}, "int64_list"), ({"f": [1, True]}, "int64_list"), ({"f": 1.5}, "float_list"),
    ({"f": [1.5, 2.0]}, "float_list"), ({"f": "s"}, "bytes_list"), ({"f": {"b64": "aGk="}}, "bytes_list"),
    ({"f": ["s", {"b64": "aGk="}]}, "bytes_list")])
def test_features_by_kind_of_json(rest, feature, kind):
    """The model gives back the example that the server built, as the label."""
    from tensorflow.core.example import example_pb2
    answer = rest.call("POST", "/v1/models/odd:classify", {"signature_name": "echo_examples", "examples": [feature]})
    assert answer.status == 200, answer
    label = json.loads(answer.body.decode("latin-1"), strict=False)["results"][0][0][0]
    built = example_pb2.Example.FromString(label.encode("latin-1")).features.feature["f"]
    assert built.WhichOneof("kind") == kind
    wanted = {"int64_list": [1], "float_list": [1.5], "bytes_list": [b"s"]}
    values = list(getattr(built, kind).value)
    assert values[0] in wanted[kind] + [b"hi"] and len(values) == len(np.ravel(np.array(feature["f"], object)))


@pytest.mark.parametrize("target, body, status, phrase", [
    (CLASSIFY, "", 400, "JSON Parse error: The document is empty"),
    (CLASSIFY, "[]", 400, "Is not object"),
    (CLASSIFY, {}, 400, "When method is classify, key 'examples' is expected and was not found"),
    (REGRESS, {}, 400, "When method is regress, key 'examples' is expected and was not found"),
    (CLASSIFY, {"examples": {}}, 400, "Expecting 'examples' value to be an list/array"),
    (CLASSIFY, {"examples": []}, 400, "'examples' value is an empty array"),
    (CLASSIFY, {"examples": [[1]]}, 400, "Example must be JSON object but got JSON Array"),
    (CLASSIFY, {"examples": [1]}, 400, "Example must be JSON object but got JSON Number"),
    (CLASSIFY, {"context": [], "examples": [{}]}, 400, "Example must be JSON object but got JSON Array"),
    (CLASSIFY, {"context": None, "examples": [{}]}, 400, "Example must be JSON object but got JSON Null"),
    (REGRESS, {"signature_name": "regress", "examples": [{"x": [1.0, 2.0]}]}, 400, "Number of float values != expected."),
    (CLASSIFY, {"signature_name": 1, "examples": [{}]}, 400, "'signature_name' key must be a string value."),
    (CLASSIFY, {"examples": [{"x": [1, 1.5]}]}, 400, "Unexpected element type in feature: x expecting type: int64"),
    (CLASSIFY, {"examples": [{"x": [1.5, 1]}]}, 400, "Unexpected element type in feature: x expecting type: float"),
    (CLASSIFY, {"examples": [{"x": ["a", 1]}]}, 400, "Unexpected element type in feature: x expecting type: "),
    (CLASSIFY, {"examples": [{"x": None}]}, 400, "Feature: x has element with unexpected JSON type: Null"),
    (CLASSIFY, {"examples": [{"x": {"y": 1}}]}, 400, "Feature: x has element with unexpected JSON type: Object"),
    (CLASSIFY, {"examples": [{"x": [[1]]}]}, 400, "Feature: x has element with unexpected JSON type: Array"),
    (CLASSIFY, {"examples": [{"x": 2**63}]}, 400, "Feature: x has uint64_t element. Only int64_t is supported."),
    ("/v1/models/nobody:classify", {"examples": [{}]}, 404, "Servable not found for request: Latest(nobody)"),
    ("/v1/models/nobody/versions/3:regress", {"examples": [{}]}, 404,
     "Servable not found for request: Specific(nobody, 3)"),
    ("/v1/models/digits/labels/x:classify", {"examples": [{}]}, 400, "Unrecognized servable version label: x"),
    (CLASSIFY, {"signature_name": "nope", "examples": [{"x": 1.0}]}, 400,
     "No signature was found with the name: nope"),
    (CLASSIFY, {"examples": [{"x": 1.0}]}, 400, "No signature was found with the name: serving_default"),
    (REGRESS, {"signature_name": "regress", "examples": [{"z": 1.0}]}, 400,
     "Feature: x (data type: float) is required but could not be found."),
    (REGRESS, {"signature_name": "regress", "examples": [{"x": 20}]}, 400, "x"),
    (REGRESS, {"signature_name": "classify", "examples": [{"x": 1.0}]}, 400, "Expected one output Tensor."),
])
def test_refused(rest, target, body, status, phrase):
    rest.refused(target, body, status, phrase)
