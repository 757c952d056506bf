"""The command line: every flag, bad values, start-up failures, environment."""

import subprocess

import pytest

import models
from clients import Grpc, Rest, predict_request
from server import HEARTH, Server, free_port

pytestmark = pytest.mark.own

HALF = models.source("half_plus_two")

HARMLESS = {
    "rest_api_num_threads": 8, "rest_api_timeout_in_ms": 20000, "rest_api_enable_cors_support": "false",
    "enable_batching": "false", "batching_parameters_file": "", "enable_per_model_batching_parameters": "false",
    "allow_version_labels_for_unavailable_models": "true", "model_config_file": "",
    "model_config_file_poll_wait_seconds": 0, "num_load_threads": 2, "num_unload_threads": 1,
    "max_num_load_retries": 1, "load_retry_interval_micros": -1, "file_system_poll_wait_seconds": 1,
    "flush_filesystem_caches": "false", "tensorflow_session_parallelism": 0, "tensorflow_intra_op_parallelism": 1,
    "tensorflow_inter_op_parallelism": 1, "tensorflow_session_config_file": "", "ssl_config_file": "",
    "use_alts_credentials": "false", "platform_config_file": "", "per_process_gpu_memory_fraction": 0.5,
    "saved_model_tags": "serve", "grpc_channel_arguments": "grpc.max_connection_age_ms=2000,grpc.lb_policy_name=x",
    "grpc_max_threads": 16, "enable_model_warmup": "True", "num_request_iterations_for_warmup": 2,
    "monitoring_config_file": "", "remove_unused_fields_from_bundle_metagraph": "TRUE", "prefer_tflite_model": "false",
    "num_tflite_pools": 1, "num_tflite_interpreters_per_pool": 1, "enable_signature_method_name_check": "false",
    "xla_cpu_compilation_enabled": "false", "xla_gpu_compilation_enabled": "false", "enable_profiler": "true",
    "thread_pool_factory_config_file": "", "mixed_precision": "", "skip_initialize_tpu": "true",
    "enable_grpc_healthcheck_service": "true", "enable_serialization_as_tensor_content": "false",
    "grpc_socket_path": ""}


def run(*arguments, environment=None, seconds=60):
    import os
    done = subprocess.run([HEARTH, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=seconds, stdin=subprocess.DEVNULL, cwd="/", env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout


def test_every_flag_is_accepted(serve):
    server = serve({"model_name": "m", "model_base_path": HALF, **HARMLESS}, "m")
    assert "unknown argument" not in server.log, server.tail()
    assert Rest(server.rest).predict("m", {"instances": [1]}) == {"predictions": [2.5]}
    assert f"Running gRPC ModelServer at 0.0.0.0:{server.grpc.split(':')[1]}" in server.log
    assert f"Exporting HTTP/REST API at:localhost:{server.rest.split(':')[1]}" in server.log


def test_booleans_without_a_value_and_unknown_arguments(serve):
    server = serve({"model_name": "m", "model_base_path": HALF}, "m",
                   arguments=["--enable_batching", "--rest_api_enable_cors_support", "--nonsense=5", "stray"])
    assert "unknown argument" in server.log and "nonsense" in server.log
    assert Rest(server.rest).get("/v1/models/m").headers["Access-Control-Allow-Origin"] == "*"


def test_help():
    code, text = run("--help")
    missing = [flag for flag in [*HARMLESS, "port", "rest_api_port", "model_name", "model_base_path", "version"]
               if f"--{flag}" not in text]
    assert not missing and "8500" in text


def test_version():
    code, text = run("--version")
    lines = text.splitlines()
    assert code == 0 and len(lines) == 2 and "ModelServer: " in lines[0] and lines[1].startswith("TensorFlow Library: ")


@pytest.mark.parametrize("flag", ["--port=many", "--enable_batching=perhaps", "--rest_api_timeout_in_ms=1.5",
                                  "--per_process_gpu_memory_fraction=half", "--load_retry_interval_micros=",
                                  "--file_system_poll_wait_seconds=99999999999"])
def test_bad_value(flag):
    code, text = run(flag, f"--model_base_path={HALF}")
    assert code == 255 and flag.split("=")[0].strip("-") in text and "usage" in text.lower(), (code, text[-1500:])


@pytest.mark.parametrize("flags, phrase", [
    (["--model_name=x"], "Both server_options.model_base_path and server_options.model_config_file are empty!"),
    (["--model_config_file=/nowhere/models.config"], "/nowhere/models.config"),
    (["--model_config_file=BROKEN"], "Invalid protobuf file: '"),
    (["--model_config_file=TWICE"], "Illegal to list model m multiple times in config list"),
    (["--model_config_file=RELATIVE"], "Expected model m to have an absolute path or URI; got base_path()=some/where"),
    ([f"--model_base_path={HALF}", "--enable_batching", "--batching_parameters_file=BROKEN"], "Invalid protobuf file: '"),
    ([f"--model_base_path={HALF}", "--port=0", "--rest_api_port=0"], ""),
    ([f"--model_base_path={HALF}", "--ssl_config_file=BROKEN"], "Invalid protobuf file: '"),
], ids=lambda value: value if isinstance(value, str) else None)
def test_start_that_fails(tmp_path, flags, phrase):
    texts = {"BROKEN": "model_config_list { config { nme: 'x' } } }",
             "TWICE": models.config({"m": HALF}).replace("}\n}", "}\n" + models.config({"m": HALF}).split("\n", 1)[1]),
             "RELATIVE": models.config({"m": "some/where"})}
    for name, text in texts.items():
        path = models.write(str(tmp_path / name), text)
        flags = [flag.replace("=" + name, "=" + path) for flag in flags]
    ports = [] if "--port=0" in flags else [f"--port={free_port()}", f"--rest_api_port={free_port()}"]
    code, text = run(*ports, *flags)
    assert code == 255, (code, text[-1500:])
    assert "Failed to start server. Error: " in text and phrase in text, text[-1500:]
    assert "\tat " not in text, text[-3000:]


@pytest.mark.parametrize("flags, phrase", [
    ([f"--model_base_path={HALF}", "--batching_parameters_file=/nowhere/b.txt"], "batching_parameters_file"),
    ([f"--model_base_path={HALF}", "--tensorflow_session_parallelism=2", "--tensorflow_intra_op_parallelism=2"],
     "Either configure session_parallelism or inter/intra op parallelism separately."),
    ([f"--model_base_path={HALF}", "--mixed_precision=float8"], "bfloat16")])
def test_flags_that_do_not_fit(flags, phrase):
    code, text = run(*flags)
    assert code == 255 and phrase in text, (code, text[-1500:])


@pytest.mark.hearth
def test_labels_at_the_start(serve, tmp_path):
    """TensorFlow Serving exits, unless --allow_version_labels_for_unavailable_models is given."""
    file = models.write(str(tmp_path / "models.config"),
                        models.config({"m": HALF}, {"m": "version_labels { key: 'stable' value: 1 }"}))
    server = serve({"model_config_file": file}, "m")
    assert Rest(server.rest).predict("m/labels/stable", {"instances": [1]}) == {"predictions": [2.5]}


def test_port_in_use():
    import socket
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        code, text = run(f"--port={taken.getsockname()[1]}", f"--rest_api_port={free_port()}", f"--model_base_path={HALF}")
    assert code not in (0, None) and str(taken) is not None, text[-1500:]


def test_environment_of_the_image(serve, tmp_path):
    models.place("half_plus_two", str(tmp_path / "mine"), 5)
    server = serve({}, "mine", environment={"MODEL_NAME": "mine", "MODEL_BASE_PATH": str(tmp_path)})
    assert server.states("mine") == {5: "AVAILABLE"}


@pytest.mark.hearth
def test_first_start(serve):
    """Without a model named: the demo models, each with a command that can be pasted."""
    import json
    import re
    from server import REPOSITORY, until
    server = serve({}, *models.DEMO_MODELS)
    commands = until(lambda: len(found := re.findall(r"Try it:\s+(curl .*)", server.log)) >= 3 and found,
                     lambda: server.tail())
    for command in commands:
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, cwd=REPOSITORY, timeout=60)
        assert json.loads(done.stdout)["predictions"], command


def test_default_name(serve):
    server = serve({"model_base_path": HALF}, "default")
    client = Grpc(server.grpc)
    assert client.predict(predict_request("default", {"x": [1.0]})).outputs
    client.close()


def test_rest_switched_off(tmp_path):
    """And everything that text format allows in a config file."""
    text = f"""
    # comment
    model_config_list: <
      config [ {{ name: 'm', base_path: "{HALF[:3]}" '{HALF[3:]}'; model_platform: "tensorflow"
                 model_version_policy: {{ specific: {{ versions: [1, 0x2] }} }} }} ]
    >
    """
    import grpc
    file = models.write(str(tmp_path / "models.config"), text)
    with Server({"model_config_file": file, "rest_api_port": 0}) as server:
        client = Grpc(server.grpc)
        grpc.channel_ready_future(client.channel).result(60)
        assert client.predict(predict_request("m", {"x": [1.0]})).outputs
        client.close()
