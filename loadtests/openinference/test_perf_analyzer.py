"""Triton's load tool, unchanged, over the protocols that it knows. Skipped, with the reason, where it cannot be had."""

import os
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
QUICK = ["--measurement-interval", "1000", "--stability-percentage", "999", "--max-trials", "3"]


@pytest.fixture(scope="session")
def analyzer():
    found = subprocess.run([os.path.join(HERE, "find-perf-analyzer")], capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip(found.stderr.strip())
    return found.stdout.strip()


def run(analyzer, *arguments):
    done = subprocess.run([analyzer, *arguments], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "infer/sec" in done.stdout
    return done.stdout


@pytest.mark.parametrize("protocol,more", [
    ("http", []), ("grpc", []), ("grpc", ["--streaming", "--async"]), ("http", ["-b", "8"]), ("grpc", ["--async"]),
    ("grpc", ["--shared-memory", "system"]), ("http", ["--shared-memory", "system"]),
    ("http", ["--input-tensor-format", "json", "--output-tensor-format", "json"]),
])
def test_completes_against_the_open_inference_protocol(analyzer, server, protocol, more):
    address = server.rest if protocol == "http" else server.grpc
    told = run(analyzer, "-m", "digits", "-i", protocol, "-u", address, "--service-kind", "triton",
               "--concurrency-range", "4", *QUICK, *more)
    # The server's own counts, which it reads before and after.
    assert "Inference count" in told or "Server:" in told


def test_completes_against_tensorflow_servings_protocol(analyzer, server):
    run(analyzer, "-m", "digits", "-i", "grpc", "-u", server.grpc, "--service-kind", "tfserving",
        "--model-signature-name", "serving_default", "--shape", "images:1,8,8,1", "--concurrency-range", "4", *QUICK)
