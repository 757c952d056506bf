"""Version folders that appear and vanish, policies, swaps under load, and the end of the process."""

import os
import shutil
import signal

import grpc
import numpy as np
import pytest

import models
from clients import Grpc, Rest, predict_request, refused, tensor
from load import Load
from server import exchange, states, until

pytestmark = pytest.mark.own

FAST = {"file_system_poll_wait_seconds": 1, "max_num_load_retries": 0}


def wait(server, model, wanted):
    until(lambda: server.states(model) == wanted, lambda: f"{model} {wanted}, is {server.states(model)}; {server.tail()}")


def single(base, **more):
    return {"model_name": "m", "model_base_path": base, **FAST, **more}


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "m"
    models.place("half_plus_two", str(folder), 1)
    return str(folder)


def test_versions_come_and_go(serve, base):
    server = serve(single(base), "m")
    wait(server, "m", {1: "AVAILABLE"})
    models.place("half_plus_two", base, 2)
    wait(server, "m", {2: "AVAILABLE", 1: "END"})
    Rest(server.rest).refused("/v1/models/m/versions/1:predict", {"instances": [1]}, 404,
                              "Servable not found for request: Specific(m, 1)")
    models.remove(base, 2)
    wait(server, "m", {2: "END", 1: "AVAILABLE"})

    for name in ("readme.txt", "3x", "0x4", "five", ".6"):
        models.write(os.path.join(base, name), "")
    models.place("half_plus_two", base, "00000123")
    wait(server, "m", {123: "AVAILABLE", 2: "END", 1: "END"})
    assert Rest(server.rest).predict("m/versions/123", {"instances": [1]}) == {"predictions": [2.5]}


def test_failing_version_leaves_the_old_one(serve, base):
    server = serve(single(base), "m")
    os.makedirs(os.path.join(base, "2"))
    wait(server, "m", {2: "END", 1: "AVAILABLE"})
    assert Rest(server.rest).predict("m", {"instances": [1]}) == {"predictions": [2.5]}
    client = Grpc(server.grpc)
    state, code, text = client.status("m")[2]
    assert (state, code) == ("END", 5) and "does not appear to contain a SavedModel" in text
    # A better folder under the same number counts once the bad one had gone for a poll; under another number at once.
    models.place("half_plus_two", base, 3)
    wait(server, "m", {3: "AVAILABLE", 2: "END", 1: "END"})
    client.close()


def test_failed_version_is_tried_again_after_it_was_away(serve, base):
    server = serve(single(base), "m")
    os.makedirs(os.path.join(base, "2"))
    wait(server, "m", {2: "END", 1: "AVAILABLE"})
    os.rmdir(os.path.join(base, "2"))
    until(lambda: not os.path.exists(os.path.join(base, "2")), "gone")
    # The next number proves that a poll has seen the folder gone.
    models.place("half_plus_two", base, 5)
    wait(server, "m", {5: "AVAILABLE", 2: "END", 1: "END"})
    models.remove(base, 5)
    wait(server, "m", {5: "END", 2: "END", 1: "AVAILABLE"})
    models.place("half_plus_two", base, 2)
    until(lambda: server.states("m").get(2) == "AVAILABLE", lambda: f"{server.states('m')}; {server.tail()}")


def test_half_a_folder_is_tried_again(serve, base):
    """Copied slowly instead of renamed: the load fails until the files are there; meanwhile the state is LOADING."""
    server = serve({**single(base), "max_num_load_retries": 1000, "load_retry_interval_micros": 200_000}, "m")
    os.makedirs(os.path.join(base, "2"))
    wait(server, "m", {2: "LOADING", 1: "AVAILABLE"})
    shutil.copytree(os.path.join(models.source("half_plus_two"), "1"), os.path.join(base, "2"), dirs_exist_ok=True)
    wait(server, "m", {2: "AVAILABLE", 1: "END"})
    os.makedirs(os.path.join(base, "3"))
    wait(server, "m", {3: "LOADING", 2: "AVAILABLE", 1: "END"})
    os.rmdir(os.path.join(base, "3"))
    wait(server, "m", {3: "END", 2: "AVAILABLE", 1: "END"})
    client = Grpc(server.grpc)
    assert client.status("m")[3][1] == grpc.StatusCode.CANCELLED.value[0], client.status("m")
    assert "cancelled" in client.status("m")[3][2].lower()
    client.close()


@pytest.mark.hearth
def test_vanished_folder_keeps_what_is_loaded(serve, base, tmp_path):
    """TensorFlow Serving stops looking at every model then, and unloads what has no version folder any more."""
    other = str(tmp_path / "other")
    models.place("half_plus_two", other, 1)
    file = models.write(str(tmp_path / "models.config"), models.config({"m": base, "other": other}))
    server = serve({"model_config_file": file, **FAST}, "m", "other")
    with Load(server.rest, server.grpc, "m", clients=1) as load:
        os.rename(base, base + ".away")
        models.place("half_plus_two", other, 2)
        wait(server, "other", {2: "AVAILABLE", 1: "END"})
        load.more(50)
        os.makedirs(base)  # without any version
        models.place("half_plus_two", other, 3)
        wait(server, "other", {3: "AVAILABLE", 2: "END", 1: "END"})
        load.more(50)
        models.place("half_plus_two", base, 7)
        wait(server, "m", {7: "AVAILABLE", 1: "END"})
    assert not load.failures


def test_unloading_vanished_versions_as_tensorflow_serving_does(serve, base):
    server = serve(single(base), "m", arguments=["--hearth.lifecycle.unload-vanished=true"])
    models.remove(base, 1)
    wait(server, "m", {1: "END"})
    Rest(server.rest).refused("/v1/models/m:predict", {"instances": [1]}, 404,
                              "Servable not found for request: Latest(m)")


@pytest.mark.hearth
def test_broken_models_beside_good_ones(serve, base, tmp_path):
    """TensorFlow Serving waits with closed ports for the missing folder, and exits over the broken model."""
    broken, missing = tmp_path / "broken", tmp_path / "missing"
    os.makedirs(broken / "1")
    file = models.write(str(tmp_path / "models.config"),
                        models.config({"broken": broken, "missing": missing, "m": base}))
    server = serve({"model_config_file": file, **FAST}, "m")
    wait(server, "broken", {1: "END"})
    assert Rest(server.rest).predict("m", {"instances": [1]}) == {"predictions": [2.5]}
    models.place("half_plus_two", str(missing), 1)
    wait(server, "missing", {1: "AVAILABLE"})


def test_request_for_a_loading_model_is_held(serve, tmp_path):
    """Ports open before models are loaded; who comes early waits instead of failing."""
    base = str(tmp_path / "digits")
    models.place("digits", base, 1)
    server = serve({"model_name": "digits", "model_base_path": base, **FAST})
    assert len(Rest(server.rest).predict("digits", models.sample("digits_predict"))["predictions"]) == 3


def test_policies_of_a_config_file_that_changes(serve, tmp_path):
    base = str(tmp_path / "m")
    for version in (1, 2, 3):
        models.place("half_plus_two", base, version)
    file = str(tmp_path / "models.config")

    def configure(more):
        models.write(file + ".new", models.config({"m": base}, {"m": more}))
        os.rename(file + ".new", file)

    configure("model_version_policy { latest { num_versions: 2 } }")
    server = serve({"model_config_file": file, "model_config_file_poll_wait_seconds": 1, **FAST}, "m")
    wait(server, "m", {3: "AVAILABLE", 2: "AVAILABLE"})
    configure("model_version_policy { specific { versions: [1, 3, 77] } } version_labels { key: 'a' value: 3 }")
    wait(server, "m", {3: "AVAILABLE", 2: "END", 1: "AVAILABLE"})
    until(lambda: exchange(server.rest, "POST", "/v1/models/m/labels/a:predict", '{"instances": [1]}').status == 200,
          lambda: f"label a; {server.tail()}")
    models.write(file, "model_config_list { config { name: ")  # a broken file changes nothing
    until(lambda: "models.config" in server.log.split("AVAILABLE")[-1] or "Invalid protobuf file" in server.log,
          lambda: "a line about the file; " + server.tail())
    wait(server, "m", {3: "AVAILABLE", 2: "END", 1: "AVAILABLE"})
    configure("model_version_policy { all {} }")
    wait(server, "m", {3: "AVAILABLE", 2: "AVAILABLE", 1: "AVAILABLE"})
    until(lambda: exchange(server.rest, "POST", "/v1/models/m/labels/a:predict", '{"instances": [1]}').status == 400,
          lambda: f"no label a; {server.tail()}")
    configure("")
    wait(server, "m", {3: "AVAILABLE", 2: "END", 1: "END"})


def test_two_names_for_one_number(serve, base):
    models.place("half_plus_two", base, "001")
    server = serve(single(base), "m")
    wait(server, "m", {1: "AVAILABLE"})


# ---------------------------------------------------------------- under load

def test_twenty_swaps_under_load(serve, base):
    server = serve(single(base), "m")
    with Load(server.rest, server.grpc, "m") as load:
        for version in range(2, 22):
            models.place("half_plus_two", base, version)
            until(lambda: server.states("m").get(version) == "AVAILABLE"
                  and server.states("m").get(version - 1) == "END",
                  lambda: f"version {version}: {server.states('m')}; {server.tail()}")
            models.remove(base, version - 1)
            load.more(20)
    assert not load.failures, load.failures[:5]
    assert set(range(2, 21)) <= load.versions | {2} and len(load.versions) >= 20
    print(f"{load.answered} answers over 20 swaps")


def test_slow_request_outlives_its_version(serve, tmp_path):
    base = str(tmp_path / "slow")
    models.place("slow", base, 1)
    server = serve({"model_name": "slow", "model_base_path": base, **FAST}, "slow")
    client = Grpc(server.grpc)
    request = predict_request("slow", {"iterations": tensor(np.int32(150_000))})  # some seconds
    call = client.prediction.Predict.future(request, timeout=120)
    models.place("slow", base, 2)
    until(lambda: server.states("slow").get(2) == "AVAILABLE", lambda: server.tail())
    answer = call.result()
    assert answer.model_spec.version.value == 1
    wait(server, "slow", {2: "AVAILABLE", 1: "END"})
    client.close()


def test_sigterm_under_load(serve, base):
    server = serve(single(base), "m")
    with Load(server.rest, server.grpc, "m", may_end=True) as load:
        load.more(200)
        server.terminate()
        load.join()
        assert server.exit_code() == 0, server.tail()
    assert not load.failures, (load.failures[:5], server.tail())
    assert load.ended == 6


def test_sigterm_waits_for_slow_requests(serve, tmp_path):
    base = str(tmp_path / "slow")
    models.place("slow", base, 1)
    server = serve({"model_name": "slow", "model_base_path": base, **FAST}, "slow")
    client = Grpc(server.grpc)
    request = predict_request("slow", {"iterations": tensor(np.int32(20_000))})
    client.predict(predict_request("slow", {"iterations": tensor(np.int32(1))}))
    calls = [client.prediction.Predict.future(request, timeout=120) for _ in range(6)]
    import threading
    answers = []
    rest = threading.Thread(target=lambda: answers.append(
        exchange(server.rest, "POST", "/v1/models/slow:predict", '{"inputs": 20000}', timeout=120)))
    rest.start()
    until(lambda: exchange(server.rest, "GET", "/v1/models/slow").status == 200, "answers beside them")
    server.process.send_signal(signal.SIGTERM)
    assert [call.code() for call in calls] == [grpc.StatusCode.OK] * 6, ([call.details() for call in calls], server.tail())
    rest.join()
    assert answers and answers[0].status == 200, (answers, server.tail())
    assert server.exit_code() == 0, server.tail()
    client.close()


def test_second_sigterm_and_idle_connections_do_not_hold_it(serve, base):
    import http.client
    server = serve(single(base), "m")
    idle = http.client.HTTPConnection(server.rest)
    idle.request("GET", "/v1/models/m")
    idle.getresponse().read()
    half = http.client.HTTPConnection(server.rest)
    half.putrequest("POST", "/v1/models/m:predict")
    half.putheader("Content-Length", "100")
    half.endheaders(b"{")
    channel = Grpc(server.grpc)
    channel.status("m")
    server.terminate()
    assert server.exit_code(45) == 0, server.tail()
    channel.close()


def test_sigterm_during_the_start(base):
    """Told to end while the first model loads: it ends, and with 0."""
    from server import Server
    with Server(single(base)) as server:
        until(lambda: "Loading servable version" in server.log, lambda: server.tail())
        server.terminate()
        assert server.exit_code() == 0, server.tail()


def test_cancelled_calls_do_not_disturb_others(serve, base):
    """Calls given up at any moment, and others on the same connection, which must all be answered."""
    server = serve(single(base), "m")
    client = Grpc(server.grpc)
    request = predict_request("m", {"x": [5.0]})
    for _ in range(40):
        kept = [client.prediction.Predict.future(request, timeout=60) for _ in range(10)]
        dropped = [client.prediction.Predict.future(request, timeout=60) for _ in range(10)]
        for call in dropped:
            call.cancel()
        assert [call.code() for call in kept] == [grpc.StatusCode.OK] * 10, [call.details() for call in kept]
    client.close()


def test_killed_client_does_not_matter(serve, base):
    """Connections that break in the middle of a request or of an answer."""
    import socket
    server = serve(single(base), "m")
    host, port = server.rest.split(":")
    for cut in (10, 60, 120):
        for _ in range(20):
            with socket.create_connection((host, int(port))) as raw:
                text = (b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n"
                        + b'{"instances": [' + b"1," * 20000)
                raw.sendall(text[:cut])
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert Rest(server.rest).predict("m", {"instances": [1]}) == {"predictions": [2.5]}
