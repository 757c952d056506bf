"""REST model status and metadata."""

import json

import pytest


def test_status(rest):
    answer = rest.get("/v1/models/half_plus_two")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert json.loads(answer.body) == {"model_version_status": [
        {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]}


def test_status_layout(rest):
    assert rest.get("/v1/models/half_plus_two").text.startswith('{\n "model_version_status": [\n  {\n   "version": "1"')


@pytest.mark.parametrize("target, versions", [
    ("digits", ["2", "1"]), ("digits/versions/1", ["1"]), ("digits/versions/2", ["2"]),
    ("digits/labels/stable", ["2", "1"]), ("digits/labels/unknown", ["2", "1"])])
def test_status_of_versions(rest, target, versions):
    answer = rest.get("/v1/models/" + target)
    assert answer.status == 200, answer
    assert [entry["version"] for entry in json.loads(answer.body)["model_version_status"]] == versions


@pytest.mark.parametrize("target, status, text", [
    ("nobody", 404, "Could not find any versions of model nobody"),
    ("half_plus_two/versions/9", 404, "Could not find version 9 of model half_plus_two"),
    ("nobody/versions/9", 404, "Could not find "),
    ("nobody/metadata", 404, "Servable not found for request: Latest(nobody)"),
    ("digits/versions/9/metadata", 404, "Servable not found for request: Specific(digits, 9)"),
    ("digits/labels/gone/metadata", 400, "Unrecognized servable version label: gone"),
    ("warm_bad/metadata", 404, "Servable not found for request: Latest(warm_bad)")])
def test_refused(rest, target, status, text):
    rest.refused("/v1/models/" + target, None, status, text, method="GET")


@pytest.mark.parametrize("model, code, phrase", [
    ("empty_folder", "NOT_FOUND", "does not appear to contain a SavedModel"),
    ("no_such_op", "NOT_FOUND", "Op type not registered 'NoSuchOp' in binary running on"),
    ("wrong_tags", "NOT_FOUND", "Could not find meta graph def matching supplied tags: { serve }"),
    ("warm_bad", "INVALID_ARGUMENT", "float"),
    ("garbage", "", "saved_model.pb")])
def test_status_of_failed_load(rest, model, code, phrase):
    from server import until
    def entry():
        found = json.loads(rest.get("/v1/models/" + model).body).get("model_version_status", [{}])[0]
        return found if found.get("state") == "END" else None
    failed = until(entry, lambda: rest.get("/v1/models/" + model))
    assert failed["status"]["error_code"] not in ("OK", ""), failed
    assert code in failed["status"]["error_code"] and phrase.lower() in failed["status"]["error_message"].lower(), failed


def metadata(rest, target):
    answer = rest.get(f"/v1/models/{target}/metadata")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json", answer
    return json.loads(answer.body)


def test_metadata(rest):
    found = metadata(rest, "half_plus_two")
    assert found["model_spec"] == {"name": "half_plus_two", "signature_name": "", "version": "1"}
    signature = found["metadata"]["signature_def"]["signature_def"]["serving_default"]
    name = signature["inputs"]["x"].pop("name")
    assert name.endswith(":0")
    assert signature["inputs"] == {"x": {"dtype": "DT_FLOAT", "tensor_shape": {"dim": [], "unknown_rank": True}}}
    assert signature["method_name"] == "tensorflow/serving/predict" and signature["defaults"] == {}


def test_metadata_dims(rest):
    signatures = metadata(rest, "digits")["metadata"]["signature_def"]["signature_def"]
    shape = signatures["serving_default"]["inputs"]["images"]["tensor_shape"]
    assert shape == {"dim": [{"size": size, "name": ""} for size in ("-1", "8", "8", "1")], "unknown_rank": False}
    assert signatures["serving_default"]["outputs"]["digit"]["dtype"] == "DT_INT64"
    assert signatures["classify"]["method_name"] == "tensorflow/serving/classify"
    assert "__saved_model_init_op" in signatures


@pytest.mark.parametrize("target, version", [("digits", "2"), ("digits/versions/1", "1"), ("digits/labels/stable", "1"),
                                             ("digits/labels/canary", "2")])
def test_metadata_of_versions(rest, target, version):
    assert metadata(rest, target)["model_spec"]["version"] == version


def test_metadata_dtypes(rest):
    signatures = metadata(rest, "all_types")["metadata"]["signature_def"]["signature_def"]
    assert {signature["inputs"]["x"]["dtype"] for name, signature in signatures.items() if name.startswith("t_")} == {
        "DT_" + name for name in "HALF BFLOAT16 FLOAT DOUBLE INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 BOOL "
                                 "STRING COMPLEX64 COMPLEX128".split()}
