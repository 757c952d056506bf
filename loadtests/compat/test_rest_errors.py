"""REST: what is refused, with which status and which words."""

import json

import pytest

HALF = "/v1/models/half_plus_two:predict"
TWO = "/v1/models/two_inputs:predict"
TYPES = "/v1/models/all_types:predict"
ODD = "/v1/models/odd:predict"


@pytest.mark.parametrize("target, body, status, phrase", [
    # order of the checks
    (HALF, "", 400, "JSON Parse error: The document is empty"),
    (HALF, "   ", 400, "JSON Parse error: The document is empty"),
    (HALF, "hello", 400, "JSON Parse error: Invalid value. at offset: 0"),
    (HALF, '{"instances": [1,]}', 400, "JSON Parse error: "),
    (HALF, '{"instances": [1', 400, "JSON Parse error: "),
    (HALF, "{'instances': [1]}", 400, "JSON Parse error: Missing a name for object member. at offset: 1"),
    (HALF, '{"instances": [1] // comment\n}', 400, "JSON Parse error: "),
    (HALF, '{"instances": [01]}', 400, "JSON Parse error: "),
    (HALF, '{"instances": [1e400]}', 400, "JSON Parse error: Number too big to be stored in double."),
    (HALF, '{"instances": ["\\x"]}', 400, "JSON Parse error: "),
    (HALF, '{"instances": ["\\ud800"]}', 400, "JSON Parse error: The surrogate pair in string is invalid."),
    (HALF, '{"instances": [1.]}', 400, "JSON Parse error: Miss fraction part in number."),
    (HALF, '{"instances": [+1]}', 400, "JSON Parse error: Invalid value. at offset: 15"),
    (HALF, '{"instances": [truE]}', 400, "JSON Parse error: Invalid value."),
    (HALF, "[1, 2]", 400, "Is not object"),
    (HALF, "5", 400, "JSON Value: 5 Is not object"),
    (HALF, "null", 400, "Is not object"),
    (HALF, {"signature_name": 5, "instances": [1]}, 400,
     "not formatted correctly. 'signature_name' key must be a string value."),
    ("/v1/models/nobody:predict", "{", 400, "JSON Parse error: "),
    ("/v1/models/nobody:predict", {"signature_name": 5}, 400, "'signature_name' key must be a string value."),
    ("/v1/models/nobody:predict", {}, 404, "Servable not found for request: Latest(nobody)"),
    ("/v1/models/half_plus_two/versions/99:predict", {"instances": [1]}, 404,
     "Servable not found for request: Specific(half_plus_two, 99)"),
    ("/v1/models/nobody/versions/1:predict", {}, 404, "Servable not found for request: Specific(nobody, 1)"),
    ("/v1/models/digits/labels/gone:predict", {"instances": [1]}, 400, "Unrecognized servable version label: gone"),
    ("/v1/models/warm_bad:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(warm_bad)"),
    (HALF, {"signature_name": "nope", "instances": [1]}, 400,
     'Serving signature name: "nope" not found in signature def'),
    ("/v1/models/failing:predict", {"instances": [1]}, 400,
     'Serving signature name: "serving_default" not found in signature def'),
    (ODD, {"signature_name": "no_inputs", "inputs": {}}, 400,
     "Failed to get input map for signature: no_inputs"),
    # keys
    (HALF, {}, 400, "Missing 'inputs' or 'instances' key"),
    (HALF, {"Instances": [1]}, 400, "Missing 'inputs' or 'instances' key"),
    (HALF, {"inputs": [1], "instances": [1]}, 400,
     "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "),
    (HALF, {"instances": 1}, 400, "Expecting 'instances' to be an list/array"),
    (HALF, {"instances": {"x": [1]}}, 400, "Expecting 'instances' to be an list/array"),
    (HALF, {"instances": []}, 400, "No values in 'instances' array"),
    (TWO, {"instances": [[1, 2]]}, 400, "instances is a plain list, but expecting list of objects as multiple input "
                                        "tensors required as per tensorinfo_map"),
    (TWO, {"inputs": [1, 2]}, 400, "inputs is a plain value/list, but expecting an object as multiple input tensors "
                                   "required as per tensorinfo_map"),
    (HALF, {"instances": [{"x": 1}, 2]}, 400, "Expecting object but got list at item 1 of input list"),
    (HALF, {"instances": [1, {"x": 2}]}, 400, "Expecting value/list but got object at item 1 of input list"),
    (TWO, {"instances": [{"a": 1}]}, 400, "keys must be equal to: "),
    (TWO, {"instances": [{"a": 1, "b": 2, "c": 3}]}, 400, "c"),
    (HALF, {"instances": [{"y": 1}]}, 400, "JSON object: does not have named input: "),
    (HALF, {"instances": [{}]}, 400, "JSON object: {} keys must be equal to: x"),
    (HALF, {"inputs": {}}, 400, "Missing named input: x in 'inputs' object."),
    (TWO, {"inputs": {"a": [1]}}, 400, "Missing named input: b in 'inputs' object."),
    # shapes
    (HALF, {"instances": [[1, 2], [3]]}, 400, "Expecting tensor size: 2 but got: 1"),
    (HALF, {"instances": [[1, 2], [[3, 4]]]}, 400, "Expecting shape [2] but got: [1,2]"),
    (HALF, {"instances": [[[1], [2, 3]]]}, 400, "Encountered list at unexpected size: 2 at level: "),
    (HALF, {"inputs": [[1, 2], [3]]}, 400, "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
    (HALF, {"inputs": [1, [2]]}, 400, "Encountered list at unexpected level: "),
    (HALF, {"inputs": [[1], 2]}, 400, "JSON Value: 2 found at incorrect level: "),
    # types
    (HALF, {"inputs": ["x"]}, 400, 'JSON Value: "x" Type: String is not of expected type: float'),
    (HALF, {"inputs": [True]}, 400, "JSON Value: true Type: True is not of expected type: float"),
    (HALF, {"inputs": [None]}, 400, "JSON Value: null Type: Null is not of expected type: float"),
    (HALF, {"inputs": None}, 400, "is not of expected type: float"),
    (HALF, {"instances": ["x"]}, 400, "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "),
    (TWO, {"instances": [{"a": 1, "b": 2}, {"a": 1, "b": "x"}]}, 400,
     "Failed to process element: 1 key: b of 'instances' list. Error: INVALID_ARGUMENT: "),
    (TYPES, {"signature_name": "t_int32", "inputs": [1.5]}, 400, "is not of expected type: int32"),
    (TYPES, '{"signature_name": "t_int32", "inputs": [1.0]}', 400, "is not of expected type: int32"),
    (TYPES, {"signature_name": "t_int32", "inputs": [2**31]}, 400, "is not of expected type: int32"),
    (TYPES, {"signature_name": "t_int64", "inputs": [2**63]}, 400, "is not of expected type: int64"),
    (TYPES, '{"signature_name": "t_int64", "inputs": [1e3]}', 400, "is not of expected type: int64"),
    (TYPES, {"signature_name": "t_uint32", "inputs": [-1]}, 400, "is not of expected type: uint32"),
    (TYPES, {"signature_name": "t_uint64", "inputs": [2**64]}, 400, "is not of expected type: uint64"),
    (TYPES, {"signature_name": "t_bool", "inputs": [1]}, 400, "is not of expected type: bool"),
    (TYPES, {"signature_name": "t_bool", "inputs": ["true"]}, 400, "is not of expected type: bool"),
    (TYPES, {"signature_name": "t_string", "inputs": [1]}, 400, "is not of expected type: string"),
    (TYPES, {"signature_name": "t_float32", "inputs": [{"b64": "aGk="}]}, 400, ""),
    (TYPES, {"signature_name": "t_string", "inputs": [{"b64": "a?"}]}, 400, "base64"),
    (TYPES, {"signature_name": "t_string", "inputs": [{"b64": "_-8="}]}, 400, "base64"),
    (TYPES, {"signature_name": "t_string", "inputs": [{"b64": 5}]}, 400, "not formatted correctly for base64 data"),
    (TYPES, {"signature_name": "t_string", "inputs": [{"b64": "aGk=", "more": 1}]}, 400, ""),
    (TYPES, {"signature_name": "t_complex64", "inputs": [1]}, 501, "Conversion of JSON Value: 1 to type: complex64"),
    (TYPES, {"signature_name": "t_complex64", "instances": [1]}, 400, "Conversion of JSON Value: 1 to type: complex64"),
    (TYPES, {"signature_name": "t_float16", "inputs": [1]}, 501, "Conversion of JSON Value: 1 to type: half"),
    (TYPES, {"signature_name": "t_bfloat16", "inputs": [1]}, 501, "Conversion of JSON Value: 1 to type: bfloat16"),
    (TYPES, {"signature_name": "t_uint16", "inputs": [1]}, 501, "Conversion of JSON Value: 1 to type: uint16"),
    # the run and its answer
    ("/v1/models/two_inputs:predict", {"inputs": {"a": [1, 2], "b": [1, 2, 3]}}, 400, "{{node "),
    # TensorFlow's convolutions end the process over a wrong rank; so it must not get there.
    ("/v1/models/digits:predict", {"instances": [[1, 2, 3]]}, 400, "shape"),
    ("/v1/models/digits:predict", {"inputs": 5}, 400, "shape"),
    ("/v1/models/digits:predict", {"instances": [{"images": [[[0]] * 8] * 7}]}, 400, "{{node "),
    ("/v1/models/tf1_affine:predict", {"instances": [[1, 2, 3]]}, 400, "Matrix size-incompatible"),
    ("/v1/models/failing:predict", {"signature_name": "check", "instances": [1, -1]}, 400, "negative input"),
    (ODD, {"signature_name": "scalar_out", "instances": [1]}, 400, "Tensor name: total has no shape information "),
    (ODD, {"signature_name": "uneven", "instances": [1, 2]}, 400, " has inconsistent batch size: "),
], ids=lambda value: None if isinstance(value, int) else (value if isinstance(value, str) else json.dumps(value))[:70])
def test_predict_refused(rest, target, body, status, phrase):
    rest.refused(target, body, status, phrase)


def test_long_values_are_cut_in_texts(rest):
    text = rest.refused(HALF, {"inputs": ["x" * 10_000]}, 400, "is not of expected type: float")
    assert len(text) < 600


def test_rest_errors_are_not_cut(rest):
    text = rest.refused(ODD, {"signature_name": "long_error", "inputs": [-1]}, 400, "long long")
    assert len(text) > 1024 and "TRUNCATED" not in text


def test_error_layout(rest):
    answer = rest.call("POST", "/v1/models/nobody:predict", "{}")
    assert answer.text == '{\n    "error": "Servable not found for request: Latest(nobody)"\n}'


# ---------------------------------------------------------------- URLs and methods

@pytest.mark.parametrize("method, target, body", [
    ("GET", "/v1/models/half_plus_two:predict", None),
    ("POST", "/v1/models/half_plus_two", "{}"),
    ("POST", "/v1/models/half_plus_two/metadata", "{}"),
    ("POST", "/v1/models/half_plus_two:predict/", "{}"),
    ("POST", "/v1/models/half_plus_two:predict?a=b", "{}"),
    ("POST", "/v1/models/half_plus_two:PREDICT", "{}"),
    ("POST", "/v1/models/half_plus_two:nothing", "{}"),
    ("POST", "/v1/models/:predict", "{}"),
    ("POST", "/v1/models/digits/versions/1/labels/stable:predict", "{}"),
    ("POST", "/v1/models/digits/labels/stable/versions/1:predict", "{}"),
    ("POST", "/v1/models/digits/versions/one:predict", "{}"),
    ("POST", "/v1/models/digits/versions/-1:predict", "{}"),
    ("POST", "/v1/nothing", "{}"),
    ("GET", "/v1/nothing", None),
    ("GET", "/v1/models/half_plus_two/", None),
    ("GET", "/v1/models/half_plus_two/metadata/", None),
    ("GET", "/v1/models/half_plus_two/nothing", None),
    ("GET", "/v1/models/half_plus_two/metadata?a=b", None),
    ("GET", "/v1/models/half_plus_two/versions/1/labels/x", None),
    ("GET", "/v1/models/half_plus_two/versions/", None),
    ("GET", "/v1/models/", None),
    ("GET", "/v1/", None),
    ("GET", "/v1//models/half_plus_two", None),
    ("PUT", "/v1/models/half_plus_two:predict", "{}"),
    ("DELETE", "/v1/models/half_plus_two", None),
    ("PATCH", "/v1/models/half_plus_two", "{}"),
])
def test_malformed(rest, method, target, body):
    rest.refused(target, body, 400, f"Malformed request: {method} {target}", method=method)


def test_head_is_malformed(rest):
    answer = rest.call("HEAD", "/v1/models/half_plus_two")
    assert answer.status == 400 and answer.body == b""


@pytest.mark.parametrize("target", ["/v1/models/digits/versions/99999999999999999999:predict",
                                    "/v1/models/digits/versions/9223372036854775808:predict"])
def test_too_large_version(rest, target):
    answer = rest.call("POST", target, "{}")
    assert answer.status == 400 and answer.body == b"", answer


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_methods_nobody_knows(rest, method):
    assert rest.call(method, "/v1/models/half_plus_two").status == 501


def test_path_is_case_insensitive(rest):
    answer = rest.call("POST", "/V1/Models/half_plus_two:predict", {"instances": [1]})
    assert answer.status in (200, 404), answer  # the pattern is, the dispatcher's own prefix may be not


@pytest.mark.parametrize("target, name", [
    ("/v1/models/half%5Fplus_two", None), ("/v1/models/a%2Fb", "a/b"), ("/v1/models/a+b", "a+b"),
    ("/v1/models/half_plus_two?x=y", "half_plus_two?x=y"), ("/v1/models/..%2F..%2Fetc", "../../etc")])
def test_name_is_decoded(rest, target, name):
    answer = rest.get(target)
    if name is None:
        assert answer.status == 200, answer
    else:
        assert answer.status == 404, answer
        assert f"Could not find any versions of model {name}" in json.loads(answer.body)["error"]


@pytest.mark.parametrize("target", ["/", "/v2nothing", "/nothing", "/v1"])
def test_other_paths(rest, target):
    assert rest.get(target).status in (200, 404) if target == "/" else rest.get(target).status == 404


@pytest.mark.hearth
def test_list_of_models(rest):
    """400 `Missing model name in request.` there."""
    answer = rest.get("/v1/models")
    assert answer.status == 200 and "half_plus_two" in answer.text


@pytest.mark.hearth
def test_retry_hint_of_refusals(rest):
    """Errors that are the client's do not tell it to try again."""
    answer = rest.call("POST", "/v1/models/nobody:predict", "{}")
    assert "Retry-After" not in answer.headers


# ---------------------------------------------------------------- OPTIONS

@pytest.mark.parametrize("origin, status", [("http://a.example", 200), ("https://a.example", 200), ("a.example", 400),
                                            (None, 400)])
def test_preflight(rest, origin, status):
    answer = rest.call("OPTIONS", "/v1/models/half_plus_two:predict", headers={"Origin": origin} if origin else {})
    assert (answer.status, answer.body) == (status, b"")
    assert "Access-Control-Allow-Origin" not in answer.headers
