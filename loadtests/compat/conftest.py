"""Options, and the server with every model of the suite, started once."""

import json
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import models  # noqa: E402
from clients import Grpc, Rest  # noqa: E402
from server import HEARTH, Server  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--rest", help="host:port of a running server's REST, instead of starting one")
    parser.addoption("--grpc", help="host:port of a running server's gRPC")


def pytest_sessionstart(session):
    """Builds what is missing, so that no server's start takes minutes."""
    if not (session.config.getoption("--rest") or session.config.getoption("--grpc")):
        subprocess.run([HEARTH, "serve", "--version"], check=True, stdout=subprocess.DEVNULL)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--rest") or config.getoption("--grpc"):
        for item in items:
            if item.get_closest_marker("own") or "serve" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="needs a server of its own"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Every model of the suite."""
    path = tmp_path_factory.mktemp("models")
    models.make_all(str(path))
    return path


@pytest.fixture(scope="session")
def main_server(request, tmp_path_factory):
    """The server of most cases; None where the suite was told about a running one."""
    if request.config.getoption("--rest") or request.config.getoption("--grpc"):
        yield None
        return
    folder = request.getfixturevalue("folder")
    monitoring = models.write(str(tmp_path_factory.mktemp("files") / "monitoring.config"),
                              "prometheus_config { enable: true }")
    with Server({"model_config_file": folder / "models.config",
                 "allow_version_labels_for_unavailable_models": "true",
                 "max_num_load_retries": 0,
                 "monitoring_config_file": monitoring}) as server:
        server.open().available(*models.DEMO_MODELS, *models.FIXTURE_MODELS, "odd")
        yield server


@pytest.fixture(scope="session")
def rest(request, main_server):
    return Rest(main_server.rest if main_server else request.config.getoption("--rest"))


@pytest.fixture(scope="session")
def grpc_(request, main_server):
    return Grpc(main_server.grpc if main_server else request.config.getoption("--grpc"))


@pytest.fixture
def serve(request):
    """serve(flags, ...) starts a server that ends with the test; it is open when this returns."""
    servers = []

    def start(flags, *models, **more):
        server = Server(flags, **more)
        servers.append(server)
        return server.open().available(*models)

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def digits():
    """Held-out digits as the model wants them, and what TensorFlow gave for each version."""
    import numpy as np
    heldout, expected = models.sample("digits_heldout"), models.sample("digits_expected")
    return np.array(heldout["images"], np.float32).reshape(-1, 8, 8, 1), expected


def pytest_terminal_summary(terminalreporter):
    counts = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "skipped", "error")}
    terminalreporter.write_line(json.dumps(counts))
