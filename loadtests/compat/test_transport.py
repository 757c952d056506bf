"""Ports, gRPC health and reflection, TLS."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

import models
from clients import Grpc, Rest, numbers, predict_request, refused
from server import exchange, free_port, until

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.mark.hearth
def test_grpc_on_the_rest_port(rest):
    client = Grpc(rest.address)
    assert numbers(client.predict(predict_request("half_plus_two", {"x": [1.0]})).outputs["y"]).tolist() == [2.5]
    refused(lambda: client.predict(predict_request("nobody", {"x": [1.0]})), "NOT_FOUND")
    client.close()


@pytest.mark.hearth
def test_rest_on_the_grpc_port(grpc_):
    assert Rest(grpc_.address).predict("half_plus_two", {"instances": [1]}) == {"predictions": [2.5]}
    assert exchange(grpc_.address, "GET", "/v1/models/half_plus_two").status == 200


@pytest.mark.own
def test_one_port_for_both(serve):
    port = free_port()
    server = serve({"port": port, "rest_api_port": port, "model_name": "m",
                    "model_base_path": models.source("half_plus_two")}, "m")
    client = Grpc(server.rest)
    assert client.predict(predict_request("m", {"x": [1.0]})).outputs
    client.close()


# ---------------------------------------------------------------- health

@pytest.mark.parametrize("service", ["", "PredictionService", "ModelService"])
def test_health(grpc_, service):
    """TensorFlow Serving's names, which are not full ones."""
    answer = health_pb2_grpc.HealthStub(grpc_.channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
    assert answer.status == SERVING


@pytest.mark.hearth
@pytest.mark.parametrize("service", ["tensorflow.serving.PredictionService", "tensorflow.serving.ModelService", "digits"])
def test_health_of_full_names(grpc_, service):
    answer = health_pb2_grpc.HealthStub(grpc_.channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
    assert answer.status == SERVING


def test_health_of_nobody(grpc_):
    stub = health_pb2_grpc.HealthStub(grpc_.channel)
    refused(lambda: stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=30), "NOT_FOUND")


@pytest.mark.hearth
def test_health_of_a_failed_model(grpc_):
    answer = health_pb2_grpc.HealthStub(grpc_.channel).Check(health_pb2.HealthCheckRequest(service="warm_bad"), timeout=30)
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


def test_health_watch(grpc_):
    stub = health_pb2_grpc.HealthStub(grpc_.channel)
    stream = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=30)
    assert next(iter(stream)).status == SERVING
    stream.cancel()
    unknown = stub.Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=30)
    assert next(iter(unknown)).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    unknown.cancel()


@pytest.mark.own
def test_health_follows_the_state(serve, tmp_path):
    """Not serving while the only model fails, serving when it works, not serving when told to end."""
    base = str(tmp_path / "m")
    (tmp_path / "m" / "1").mkdir(parents=True)
    server = serve({"model_name": "m", "model_base_path": base, "max_num_load_retries": 0})
    until(lambda: server.states("m") == {1: "END"}, lambda: server.tail())
    client = Grpc(server.grpc)
    stub = health_pb2_grpc.HealthStub(client.channel)

    def status():
        return stub.Check(health_pb2.HealthCheckRequest(), timeout=30).status
    assert status() != SERVING
    assert exchange(server.rest, "GET", "/q/health/ready").status == 503
    assert exchange(server.rest, "GET", "/q/health/live").status == 200
    models.place("half_plus_two", base, 2)
    until(lambda: status() == SERVING, lambda: server.tail())
    assert exchange(server.rest, "GET", "/q/health/ready").status == 200
    client.close()


# ---------------------------------------------------------------- reflection

def test_reflection(grpc_):
    database = ProtoReflectionDescriptorDatabase(grpc_.channel)
    assert {"tensorflow.serving.PredictionService", "tensorflow.serving.ModelService", "grpc.health.v1.Health"} <= set(
        database.get_services())
    from google.protobuf.descriptor_pool import DescriptorPool
    pool = DescriptorPool(database)
    service = pool.FindServiceByName("tensorflow.serving.PredictionService")
    assert {method.name for method in service.methods} >= {"Predict", "Classify", "Regress", "MultiInference",
                                                           "GetModelMetadata"}
    assert {field.name for field in service.methods_by_name["Predict"].input_type.fields} >= {
        "model_spec", "inputs", "output_filter"}
    service = pool.FindServiceByName("tensorflow.serving.ModelService")
    assert {method.name for method in service.methods} == {"GetModelStatus", "HandleReloadConfigRequest"}


# ---------------------------------------------------------------- TLS

@pytest.fixture(scope="module")
def authority():
    import trustme
    return trustme.CA()


def ssl_config(path, authority, more=""):
    from google.protobuf import text_format
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)

    def quoted(pem):
        return '"' + text_format.text_encoding.CEscape(pem.decode(), as_utf8=False) + '"'
    return models.write(str(path), f"server_key: {quoted(certificate.private_key_pem.bytes())}\n"
                                   f"server_cert: {quoted(chain)}\n{more}\n" + (
        f"custom_ca: {quoted(authority.cert_pem.bytes())}\n" if more else ""))


@pytest.mark.own
def test_tls(serve, tmp_path, authority):
    file = ssl_config(tmp_path / "ssl.config", authority)
    server = serve({"model_name": "m", "model_base_path": models.source("half_plus_two"), "ssl_config_file": file}, "m")
    client = Grpc(server.grpc.replace("127.0.0.1", "localhost"),
                  grpc.ssl_channel_credentials(authority.cert_pem.bytes()))
    assert client.predict(predict_request("m", {"x": [1.0]})).outputs
    client.close()
    plain = Grpc(server.grpc)
    refused(lambda: plain.predict(predict_request("m", {"x": [1.0]}), timeout=5), "UNAVAILABLE")
    plain.close()
    assert Rest(server.rest).predict("m", {"instances": [1]}) == {"predictions": [2.5]}  # REST stays as it was


@pytest.mark.own
def test_tls_with_certificates_of_clients(serve, tmp_path, authority):
    file = ssl_config(tmp_path / "ssl.config", authority, "client_verify: true")
    server = serve({"model_name": "m", "model_base_path": models.source("half_plus_two"), "ssl_config_file": file}, "m")
    address = server.grpc.replace("127.0.0.1", "localhost")
    nobody = Grpc(address, grpc.ssl_channel_credentials(authority.cert_pem.bytes()))
    refused(lambda: nobody.predict(predict_request("m", {"x": [1.0]}), timeout=5), "UNAVAILABLE")
    nobody.close()
    own = authority.issue_cert("client.example")
    client = Grpc(address, grpc.ssl_channel_credentials(
        authority.cert_pem.bytes(), own.private_key_pem.bytes(), own.cert_chain_pems[0].bytes()))
    assert client.predict(predict_request("m", {"x": [1.0]})).outputs
    client.close()
