"""HandleReloadConfigRequest: what it replaces, what it waits for, what it refuses, labels."""

import os

import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2

import models
from clients import Grpc, Rest, predict_request, refused
from server import Server, until

pytestmark = pytest.mark.own


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """a, b: half_plus_two in versions 1 to 3; bad: an empty version folder."""
    folder = tmp_path_factory.mktemp("bases")
    for name in ("a", "b"):
        for version in (1, 2, 3):
            models.place("half_plus_two", str(folder / name), version)
    os.makedirs(folder / "bad" / "4")
    return folder


@pytest.fixture(scope="module")
def server(bases):
    with Server({"model_name": "a", "model_base_path": bases / "a", "max_num_load_retries": 0}) as started:
        yield started.open().available("a")


@pytest.fixture
def grpc_(server, bases):
    client = Grpc(server.grpc)
    reload(client, entry("a", bases / "a"))
    until(lambda: available(client, "a") == {3}, lambda: str(client.status("a")))
    yield client
    client.close()


def entry(name, path, more='model_platform: "tensorflow"'):
    return f'config {{ name: "{name}" base_path: "{path}" {more} }}'


def platform(more):
    return 'model_platform: "tensorflow" ' + more


def reload(client, *entries, metrics=()):
    request = model_management_pb2.ReloadConfigRequest(metric_names=metrics)
    text_format.Parse("model_config_list { " + " ".join(entries) + " }", request.config)
    answer = client.model.HandleReloadConfigRequest(request, timeout=60)
    assert (answer.status.error_code, answer.status.error_message) == (0, "")
    return answer


def available(client, model):
    return {version for version, (state, _, _) in client.status(model).items() if state == "AVAILABLE"}


def works(client, **named):
    return list(client.predict(predict_request("a", {"x": [5.0]}, **named)).outputs["y"].float_val) == [4.5]


def test_waits_for_new_models(grpc_, bases):
    reload(grpc_, entry("a", bases / "a"), entry("b", bases / "b"))
    assert available(grpc_, "b") == {3}
    assert grpc_.predict(predict_request("b", {"x": [5.0]})).outputs


def test_replaces_everything(grpc_, bases):
    reload(grpc_, entry("a", bases / "a"), entry("c", bases / "b"))
    reload(grpc_, entry("a", bases / "a"))
    until(lambda: grpc_.status("c")[3][0] == "END", lambda: str(grpc_.status("c")))
    refused(lambda: grpc_.predict(predict_request("c", {"x": [5.0]})), "NOT_FOUND",
            "Servable not found for request: Latest(c)")
    assert works(grpc_)


def test_same_again(grpc_, bases):
    for _ in range(3):
        reload(grpc_, entry("a", bases / "a"))
    assert works(grpc_) and grpc_.status("a")[3] == ("AVAILABLE", 0, "")


@pytest.mark.parametrize("policy, versions", [
    ("all {}", {1, 2, 3}), ("latest { num_versions: 2 }", {2, 3}), ("latest { num_versions: 0 }", {3}),
    ("latest { num_versions: 9 }", {1, 2, 3}), ("specific { versions: 1 }", {1}),
    ("specific { versions: 1 versions: 2 versions: 42 }", {1, 2}), ("latest {}", {3})])
def test_policies(grpc_, bases, policy, versions):
    reload(grpc_, entry("a", bases / "a", platform(f"model_version_policy {{ {policy} }}")))
    until(lambda: available(grpc_, "a") == versions, lambda: str(grpc_.status("a")))
    assert list(grpc_.status("a")) == sorted(grpc_.status("a"), reverse=True)
    answer = grpc_.predict(predict_request("a", {"x": [5.0]}))
    assert answer.model_spec.version.value == max(versions)


def test_base_path_of_a_known_model_changes(grpc_, bases, tmp_path):
    models.place("half_plus_two", str(tmp_path / "a"), 9)
    reload(grpc_, entry("a", tmp_path / "a"))
    until(lambda: available(grpc_, "a") == {9}, lambda: str(grpc_.status("a")))


def test_failing_new_model(grpc_, bases):
    text = refused(lambda: reload(grpc_, entry("a", bases / "a"), entry("bad", bases / "bad")), "UNKNOWN",
                   "1 model(s) did not become available: {{name: bad version: 4} due to error: ",
                   "does not appear to contain a SavedModel bundle")
    assert text.endswith("}, }"), text
    assert works(grpc_)


@pytest.mark.parametrize("text, code, phrase", [
    ("", "INVALID_ARGUMENT", "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                             "Only ModelConfigList is currently supported"),
    ("custom_model_config {}", "INVALID_ARGUMENT", "ServerModelConfig type not supported by HandleReloadConfigRequest."),
    ("model_config_list { A A }", "INVALID_ARGUMENT", "Illegal to list model a multiple times in config list"),
    ('model_config_list { config { name: "r" base_path: "some/where" model_platform: "tensorflow" } }',
     "INVALID_ARGUMENT", "Expected model r to have an absolute path or URI; got base_path()=some/where"),
    ('model_config_list { config { name: "r" model_platform: "tensorflow" } }', "INVALID_ARGUMENT", "r"),
    ('model_config_list { config { name: "p" base_path: "/x" } }', "INVALID_ARGUMENT",
     "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, "
     "model name is p"),
    ('model_config_list { config { name: "p" base_path: "/x" model_type: TENSORFLOW model_platform: "tensorflow" } }',
     "INVALID_ARGUMENT", "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                         "ModelServerConfig::model_platform"),
    ('model_config_list { config { name: "p" base_path: "/x" model_platform: "caffe" } }', "INVALID_ARGUMENT",
     "Model p requests unsupported platform caffe"),
], ids=lambda value: value[:60])
def test_refused(grpc_, bases, text, code, phrase):
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(text.replace("A", entry("a", bases / "a")), request.config)
    refused(lambda: grpc_.model.HandleReloadConfigRequest(request, timeout=60), code, phrase)
    assert works(grpc_)


def test_model_type_instead_of_platform(grpc_, bases):
    reload(grpc_, entry("a", bases / "a", "model_type: TENSORFLOW"))
    assert works(grpc_)


def test_metrics_of_a_reload(grpc_, bases):
    loads, requests, unknown = ("/tensorflow/cc/saved_model/load_attempt_count", "/tensorflow/serving/request_count",
                                "/tensorflow/no_such")

    def increases(*entries):
        answer = reload(grpc_, *entries, metrics=[loads, requests, unknown, loads])
        assert len(answer.metric) == 3
        return {metric.name: metric.int64_value_increase for metric in answer.metric}
    assert increases(entry("a", bases / "a")) == {loads: 0, requests: 0, unknown: 0}
    assert increases(entry("a", bases / "a"), entry("counted", bases / "b")) == {loads: 1, requests: 0, unknown: 0}


@pytest.mark.hearth
def test_platform_of_a_known_model_stays(grpc_, bases):
    """TensorFlow Serving knows one platform only, and refuses the other for that first."""
    refused(lambda: reload(grpc_, entry("a", bases / "a", 'model_platform: "tensorflow_lite"')), "INVALID_ARGUMENT",
            "Illegal to change a model's platform. For model a platform was tensorflow and new platform requested is "
            "tensorflow_lite")
    assert works(grpc_)


# ---------------------------------------------------------------- labels

def both(bases, labels):
    return entry("a", bases / "a", platform("model_version_policy { specific { versions: [2, 3] } } " + " ".join(
        f'version_labels {{ key: "{label}" value: {version} }}' for label, version in labels.items())))


def test_labels(grpc_, bases, server):
    reload(grpc_, both(bases, {}))
    until(lambda: available(grpc_, "a") == {2, 3}, lambda: str(grpc_.status("a")))
    reload(grpc_, both(bases, {"stable": 2, "canary": 3}))
    rest = Rest(server.rest)
    for label, version in (("stable", 2), ("canary", 3)):
        answer = grpc_.predict(predict_request("a", {"x": [5.0]}, label=label))
        assert answer.model_spec.version.value == version and not answer.model_spec.version_label
        assert rest.predict(f"a/labels/{label}", {"instances": [5]}) == {"predictions": [4.5]}
    reload(grpc_, both(bases, {"stable": 3}))
    assert grpc_.predict(predict_request("a", {"x": [5.0]}, label="stable")).model_spec.version.value == 3
    refused(lambda: works(grpc_, label="canary"), "INVALID_ARGUMENT", "Unrecognized servable version label: canary")
    refused(lambda: reload(grpc_, both(bases, {"stable": 1})), "FAILED_PRECONDITION",
            "Request to assign label to version 1 of model a, which is not currently available for inference")
    assert works(grpc_)


def test_label_of_an_unloaded_version(grpc_, bases):
    reload(grpc_, both(bases, {}))
    until(lambda: available(grpc_, "a") == {2, 3}, lambda: str(grpc_.status("a")))
    reload(grpc_, both(bases, {"old": 2}))
    reload(grpc_, entry("a", bases / "a", platform("version_labels { key: 'old' value: 2 }")))
    until(lambda: available(grpc_, "a") == {3}, lambda: str(grpc_.status("a")))
    refused(lambda: works(grpc_, label="old"), "NOT_FOUND", "Servable not found for request: Specific(a, 2)")


def test_new_label_for_a_version_that_is_not_there(grpc_, bases):
    refused(lambda: reload(grpc_, both(bases, {"future": 42})), "FAILED_PRECONDITION",
            "Request to assign label to version 42 of model a, which is not currently available for inference")


def test_reloads_at_the_same_time(grpc_, bases):
    def request(*entries):
        message = model_management_pb2.ReloadConfigRequest()
        text_format.Parse("model_config_list { " + " ".join(entries) + " }", message.config)
        return message
    a, b = entry("a", bases / "a"), entry("b", bases / "b")
    calls = [grpc_.model.HandleReloadConfigRequest.future(request(*(([a], [a, b])[k % 2])), timeout=120)
             for k in range(12)]
    assert {call.result().status.error_code for call in calls} == {0}
    assert works(grpc_)


def test_status_request_while_models_change(grpc_, bases):
    assert isinstance(grpc_.model.GetModelStatus(
        get_model_status_pb2.GetModelStatusRequest(model_spec={"name": "a"}), timeout=30).model_version_status[0].version,
        int)
