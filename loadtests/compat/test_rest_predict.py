"""REST predict: both formats, both ways; values and text of numbers; labels and versions; real digits."""

import base64
import json

import numpy as np
import pytest

import models

ROWS = [1.0, 2.0, 5.0]
ANSWERS = [2.5, 3.0, 4.5]


@pytest.mark.parametrize("body, expected", [
    ({"instances": ROWS}, {"predictions": ANSWERS}),
    ({"instances": [{"x": value} for value in ROWS]}, {"predictions": ANSWERS}),
    ({"signature_name": "serving_default", "instances": ROWS}, {"predictions": ANSWERS}),
    ({"signature_name": "", "instances": ROWS}, {"predictions": ANSWERS}),
    ({"instances": [[value] for value in ROWS]}, {"predictions": [[value] for value in ANSWERS]}),
    ({"instances": [{"x": [[1, 2]]}]}, {"predictions": [[[2.5, 3.0]]]}),
    ({"inputs": ROWS}, {"outputs": ANSWERS}),
    ({"inputs": {"x": ROWS}}, {"outputs": ANSWERS}),
    ({"inputs": 5.0}, {"outputs": 4.5}),
    ({"inputs": {"x": 5}}, {"outputs": 4.5}),
    ({"inputs": [[1, 2], [5, 5]]}, {"outputs": [[2.5, 3.0], [4.5, 4.5]]}),
    ({"inputs": []}, {"outputs": []}),
    ({"inputs": [[], []]}, {"outputs": [[], []]}),
    ({"instances": [[], []]}, {"predictions": [[], []]}),
    ({"inputs": {"x": ROWS, "unknown": 1}}, {"outputs": ANSWERS}),
    ({"more": {"deep": [None]}, "instances": ROWS, "last": None}, {"predictions": ANSWERS}),
    ('{"instances": [1.0, 2.0, 5.0]} and more', {"predictions": ANSWERS}),
    ('{"instances": [1.0, 2.0, 5.0], "instances": [9.0]}', {"predictions": ANSWERS}),
    ('{"instances": [{"x": 1.0, "x": 9.0}, {"x": 2.0}, {"x": 5.0}]}', {"predictions": ANSWERS}),
    ('\ufeff{"instances": [1.0, 2.0, 5.0]}', {"predictions": ANSWERS}),
    ('\n\t {"instances" :\r\n[ 1e0 , 2E+0,0.5e1 ]}', {"predictions": ANSWERS}),
    ({"instances": [16777217, -3]}, {"predictions": [8388610.0, 0.5]}),
], ids=lambda value: (value if isinstance(value, str) else json.dumps(value))[:60])
def test_half_plus_two(rest, body, expected):
    assert rest.predict("half_plus_two", body) == expected


@pytest.mark.parametrize("body, expected", [
    ({"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
     {"predictions": [{"sum": 3, "product": 2}, {"sum": 7, "product": 12}]}),
    ({"inputs": {"a": [1, 3], "b": [2, 4]}}, {"outputs": {"sum": [3, 7], "product": [2, 12]}}),
    ({"inputs": {"b": [2, 4], "a": [1, 3], "unknown": "x"}}, {"outputs": {"sum": [3, 7], "product": [2, 12]}}),
], ids=["row", "columnar", "columnar-extra"])
def test_two_inputs(rest, body, expected):
    assert rest.predict("two_inputs", body) == expected


@pytest.mark.parametrize("path, version", [
    ("digits", 2), ("digits/versions/1", 1), ("digits/versions/2", 2), ("digits/labels/stable", 1),
    ("digits/labels/canary", 2), ("digits/versions/0000001", 1)])
def test_digits_by_row(rest, digits, path, version):
    images, expected = digits
    rows = rest.predict(path, {"instances": [{"images": image} for image in images.tolist()]})["predictions"]
    assert [row["digit"] for row in rows] == expected[str(version)]["digit"]
    np.testing.assert_allclose([row["probabilities"] for row in rows], expected[str(version)]["probabilities"],
                               atol=1e-5)


def test_digits_by_column(rest, digits):
    images, expected = digits
    outputs = rest.predict("digits", {"inputs": {"images": images.tolist()}})["outputs"]
    assert outputs["digit"] == expected["2"]["digit"]
    np.testing.assert_allclose(outputs["probabilities"], expected["2"]["probabilities"], atol=1e-5)


@pytest.mark.parametrize("name", ["digits_predict", "digits_columnar", "half_plus_two_predict", "diabetes_predict"])
def test_samples(rest, name):
    model = name.rsplit("_", 1)[0]
    assert rest.predict(model, models.sample(name))


def test_diabetes(rest):
    expected = models.sample("diabetes_expected")
    rows = rest.predict("diabetes", {"instances": expected["features"]})["predictions"]
    np.testing.assert_allclose(rows, expected["progression"], rtol=1e-5)


def test_tf1_model(rest):
    assert rest.predict("tf1_affine", {"instances": [[1, 1]]}) == {"predictions": [[5.5, 6.5, 9.25]]}


def test_tf1_table_from_asset(rest):
    body = {"signature_name": "lookup", "instances": ["two", "ten", "zero"]}
    assert rest.predict("tf1_affine", body) == {"predictions": [2, -1, 0]}


def test_predict_takes_classify_signature(rest):
    """The method's name is not checked: predict may feed examples itself."""
    from clients import example
    rows = [{"b64": base64.b64encode(example({"x": x}).SerializeToString()).decode()} for x in (1.0, 5.0)]
    body = {"signature_name": "regress", "inputs": {"inputs": rows}}
    assert rest.predict("half_plus_two", body) == {"outputs": [[2.5], [4.5]]}


def test_any_method_name(rest):
    assert rest.predict("odd", {"signature_name": "wrong_method", "instances": [1]}) == {"predictions": [2.0]}


def test_no_rows_out(rest):
    """The answer's number of rows is not compared with the request's."""
    assert rest.predict("odd", {"signature_name": "no_rows_out", "instances": [1, 2]}) == {"predictions": []}


def test_scalar_output_by_column(rest):
    assert rest.predict("odd", {"signature_name": "scalar_out", "inputs": [1, 2]}) == {"outputs": 3.0}


# ---------------------------------------------------------------- dtypes

def there_and_back(rest, dtype, text):
    answer = rest.call("POST", "/v1/models/all_types:predict",
                       '{"signature_name": "t_%s", "inputs": %s}' % (dtype, text))
    assert answer.status == 200, answer
    return answer.text


@pytest.mark.parametrize("dtype, values", [
    ("float32", [0.5, -2, 16777216]), ("float64", [1 / 3, 1e300, 5]),
    ("int8", [-128, 127]), ("int16", [-32768, 32767]), ("int32", [-2**31, 2**31 - 1]),
    ("int64", [-2**63, 2**63 - 1, 2**53 + 1]), ("uint8", [0, 255]), ("uint32", [0, 2**32 - 1]),
    ("uint64", [0, 2**64 - 1]), ("bool", [True, False]), ("string", ["a", "", "é\U0001f600", "\u0000\"\\\n"]),
    ("float32", 7.5), ("int64", 9007199254740993), ("bool", True), ("string", "scalar"),
    ("float32", [[[1.5], [2.5]]]), ("string", [["a"], ["b"]]),
])
def test_dtype_there_and_back(rest, dtype, values):
    assert json.loads(there_and_back(rest, dtype, json.dumps(values)))["outputs"] == values


@pytest.mark.parametrize("dtype, sent, taken", [("int8", 300, 44), ("int16", 70000, 4464), ("uint8", -1, 255)])
def test_small_integers_are_cut(rest, dtype, sent, taken):
    """Their range is not checked, only that of int32."""
    assert json.loads(there_and_back(rest, dtype, str(sent)))["outputs"] == taken


@pytest.mark.parametrize("text, value", [
    ("NaN", "NaN"), ("Inf", "Infinity"), ("Infinity", "Infinity"), ("-Inf", "-Infinity"), ("-Infinity", "-Infinity"),
    ("1e39", "Infinity"), ("-1e39", "-Infinity"), ("1e-60", "0.0"), ("1e308", "Infinity")])
def test_float_not_finite(rest, text, value):
    assert f" {value}" in there_and_back(rest, "float32", f"[{text}]")


@pytest.mark.parametrize("dtype, text, written", [
    ("float32", "9000000", "9e+06"), ("float32", "999999", "999999.0"), ("float32", "0.00003", "3e-05"),
    ("float32", "555557.5", "555557.5"), ("float32", "0.33333333333", "0.333333343"), ("float32", "2", "2.0"),
    ("float32", "-0.0", "-0.0"), ("float64", "0.1", "0.1"), ("float64", "0.33333333333333331", "0.33333333333333331"),
    ("float64", "1e22", "1e+22"), ("int64", "9000000", "9000000"), ("uint64", "18446744073709551615",
                                                                    "18446744073709551615")])
def test_text_of_numbers(rest, dtype, text, written):
    assert f"[{written}" in "".join(there_and_back(rest, dtype, f"[{text}]").split())


def test_layout_of_rows(rest):
    """Scripts that grep rely on the rows being on the line of the key."""
    answer = rest.call("POST", "/v1/models/half_plus_two:predict", {"instances": ROWS})
    assert answer.text == '{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'


def test_layout_of_columns(rest):
    answer = rest.call("POST", "/v1/models/half_plus_two:predict", {"inputs": [1.0, 2.0]})
    assert answer.text == '{\n    "outputs": [\n        2.5,\n        3.0\n    ]\n}'


def test_bytes_by_b64(rest):
    raw = bytes(range(256))
    text = base64.b64encode(raw).decode()
    body = {"signature_name": "bytes_out", "instances": [{"b64": text}, {"b64": ""}]}
    answer = rest.call("POST", "/v1/models/odd:predict", body)
    assert b'"y_bytes"' in answer.body and raw[128:] in answer.body  # raw bytes pass through an alias without _bytes
    rows = json.loads(answer.body.decode("latin-1"), strict=False)["predictions"]
    assert [row["y_bytes"] for row in rows] == [{"b64": text}, {"b64": ""}]


def test_bytes_alias_for_plain_strings(rest):
    body = {"signature_name": "bytes_out", "inputs": ["hi", {"b64": "aGk="}]}
    assert rest.predict("odd", body)["outputs"] == {"y": ["hi", "hi"], "y_bytes": [{"b64": "aGk="}, {"b64": "aGk="}]}


@pytest.mark.parametrize("text", ["aGk=", "aGk", "a G k ="])
def test_b64_padding_and_space(rest, text):
    assert rest.predict("all_types", {"signature_name": "t_string", "inputs": {"b64": text}}) == {"outputs": "hi"}


def test_string_with_wrong_utf8_passes(rest):
    answer = rest.call("POST", "/v1/models/all_types:predict",
                       b'{"signature_name": "t_string", "instances": ["\xff\xc3("]}')
    assert answer.status == 200 and b"\xff\xc3(" in answer.body, answer


@pytest.mark.parametrize("escaped, plain", [(r"\u00e9", "é"), (r"\ud83d\ude00", "\U0001f600"), (r"\/\b\f", "/\b\f")])
def test_string_escapes(rest, escaped, plain):
    assert json.loads(there_and_back(rest, "string", f'["{escaped}"]'))["outputs"] == [plain]


def test_long_rows(rest):
    values = [float(value) for value in range(100_000)]
    assert rest.predict("half_plus_two", {"instances": values})["predictions"] == [v / 2 + 2 for v in values]


def test_keep_alive(rest):
    import http.client
    connection = http.client.HTTPConnection(rest.address)
    for status, target in [(200, "half_plus_two"), (404, "nobody"), (200, "half_plus_two"), (404, "nobody")]:
        connection.request("POST", f"/v1/models/{target}:predict", '{"instances": [1]}')
        response = connection.getresponse()
        response.read()
        assert response.status == status and not response.will_close
    connection.close()


def test_content_type_is_not_looked_at(rest):
    answer = rest.call("POST", "/v1/models/half_plus_two:predict", {"instances": [1]},
                       {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200
    assert rest.call("POST", "/v1/models/half_plus_two:predict", {"instances": [1]},
                     {"Content-Type": "image/png"}).status == 200
