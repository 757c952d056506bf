"""One server with the demo models and the backend's fixtures, its own shared memory switched on."""

import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "compat"))

from server import HEARTH, REPOSITORY, Server, exchange, until  # noqa: E402

FIXTURES = os.path.join(REPOSITORY, "src", "backends", "tensorflow", "test", "resources", "models")
DEMO = os.path.join(REPOSITORY, "config", "models")


def pytest_addoption(parser):
    parser.addoption("--rest", help="host:port of a running server's REST, instead of starting one")
    parser.addoption("--grpc", help="host:port of a running server's gRPC")


def configuration(folder):
    places = {name: DEMO for name in ("half_plus_two", "digits", "diabetes")}
    places |= {name: FIXTURES for name in ("all_types", "two_inputs", "failing", "slow")}
    entries = "".join(f'config {{ name: "{name}" base_path: "{os.path.join(place, name)}" model_platform: "tensorflow" }}\n'
                      for name, place in places.items())
    path = folder / "models.config"
    path.write_text(f"model_config_list {{\n{entries}}}\n")
    return path


@pytest.fixture(scope="session")
def server(request, tmp_path_factory):
    if request.config.getoption("--rest"):
        class Running:
            rest = request.config.getoption("--rest")
            grpc = request.config.getoption("--grpc")
        yield Running
        return
    subprocess.run([HEARTH, "serve", "--version"], check=True, stdout=subprocess.DEVNULL)
    flags = {"model_config_file": configuration(tmp_path_factory.mktemp("config")), "max_num_load_retries": 0,
             "hearth.open-inference.shared-memory": "true"}
    with Server(flags) as started:
        started.open()
        until(lambda: exchange(started.rest, "GET", "/v2/health/ready").status == 200, started.tail)
        yield started


@pytest.fixture(scope="session")
def http(server):
    import tritonclient.http as client
    with client.InferenceServerClient(server.rest, concurrency=4) as connected:
        yield connected


@pytest.fixture(scope="session")
def grpc(server):
    import tritonclient.grpc as client
    with client.InferenceServerClient(server.grpc) as connected:
        yield connected


@pytest.fixture(params=["http", "grpc"])
def triton(request):
    """The module of the client and a client, for both transports."""
    import tritonclient.grpc
    import tritonclient.http
    return getattr(tritonclient, request.param), request.getfixturevalue(request.param)
