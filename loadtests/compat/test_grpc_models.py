"""gRPC model status and metadata."""

import pytest
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from clients import metadata_request, refused, spec, status_request


def status(grpc_, *arguments, **named):
    return grpc_.model.GetModelStatus(status_request(*arguments, **named), timeout=30)


def test_status(grpc_):
    assert list(grpc_.status("digits").items()) == [(2, ("AVAILABLE", 0, "")), (1, ("AVAILABLE", 0, ""))]


@pytest.mark.parametrize("named, versions", [({"version": 1}, [1]), ({"version": 2}, [2]), ({"label": "stable"}, [2, 1]),
                                             ({"label": "unknown"}, [2, 1])], ids=str)
def test_status_of_versions(grpc_, named, versions):
    assert [entry.version for entry in status(grpc_, "digits", **named).model_version_status] == versions


@pytest.mark.parametrize("request_, code, phrase", [
    (get_model_status_pb2.GetModelStatusRequest(), "INVALID_ARGUMENT", "Missing ModelSpec"),
    (status_request(), "NOT_FOUND", "Could not find any versions of model "),
    (status_request("nobody"), "NOT_FOUND", "Could not find any versions of model nobody"),
    (status_request("nobody", version=1), "NOT_FOUND", "Could not find "),
    (status_request("digits", version=9), "NOT_FOUND", "Could not find version 9 of model digits"),
    (status_request("digits", version=0), "NOT_FOUND", "Could not find version 0 of model digits")])
def test_status_refused(grpc_, request_, code, phrase):
    refused(lambda: grpc_.model.GetModelStatus(request_, timeout=30), code, phrase)


@pytest.mark.parametrize("model, code, phrase", [
    ("empty_folder", 5, "does not appear to contain a SavedModel bundle"),
    ("no_such_op", 5, "Op type not registered 'NoSuchOp' in binary running on"),
    ("wrong_tags", 5, "Could not find meta graph def matching supplied tags: { serve }")])
def test_status_of_failed_load(grpc_, model, code, phrase):
    state, error, text = grpc_.status(model)[1]
    assert (state, error) == ("END", code) and phrase in text


def metadata(grpc_, *arguments, **named):
    answer = grpc_.prediction.GetModelMetadata(metadata_request(*arguments, **named), timeout=30)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert answer.metadata["signature_def"].type_url == "type.googleapis.com/tensorflow.serving.SignatureDefMap"
    assert answer.metadata["signature_def"].Unpack(signatures)
    return answer.model_spec, signatures.signature_def


def test_metadata(grpc_):
    model_spec, signatures = metadata(grpc_, "digits")
    assert model_spec == spec("digits", 2)
    assert {"serving_default", "classify", "__saved_model_init_op"} == set(signatures)
    images = signatures["serving_default"].inputs["images"]
    assert images.name == "serving_default_images:0" and images.dtype == 1
    assert [dim.size for dim in images.tensor_shape.dim] == [-1, 8, 8, 1]
    assert signatures["classify"].method_name == "tensorflow/serving/classify"


def test_metadata_is_the_models_own(grpc_):
    import os
    import models
    from tensorflow.core.protobuf import saved_model_pb2
    with open(os.path.join(models.source("all_types"), "1", "saved_model.pb"), "rb") as source:
        stored = saved_model_pb2.SavedModel.FromString(source.read()).meta_graphs[0].signature_def
    _, signatures = metadata(grpc_, "all_types")
    assert dict(signatures) == dict(stored)


@pytest.mark.parametrize("named, version", [({"version": 1}, 1), ({"label": "stable"}, 1), ({"label": "canary"}, 2)],
                         ids=str)
def test_metadata_of_versions(grpc_, named, version):
    assert metadata(grpc_, "digits", **named)[0] == spec("digits", version)


@pytest.mark.parametrize("arguments, named, code, phrase", [
    (["digits"], {"fields": []}, "INVALID_ARGUMENT", "GetModelMetadataRequest must specify at least one metadata_field"),
    (["digits"], {"fields": ["x"]}, "INVALID_ARGUMENT", "Metadata field x is not supported"),
    (["digits"], {"fields": ["signature_def", "x"]}, "INVALID_ARGUMENT", "Metadata field x is not supported"),
    ([], {}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
    (["nobody"], {}, "NOT_FOUND", "Servable not found for request: Latest(nobody)"),
    (["digits", 9], {}, "NOT_FOUND", "Servable not found for request: Specific(digits, 9)"),
    (["digits"], {"label": "gone"}, "INVALID_ARGUMENT", "Unrecognized servable version label: gone")],
    ids=lambda value: value[:50] if isinstance(value, str) else None)
def test_metadata_refused(grpc_, arguments, named, code, phrase):
    refused(lambda: grpc_.prediction.GetModelMetadata(metadata_request(*arguments, **named), timeout=30), code, phrase)
