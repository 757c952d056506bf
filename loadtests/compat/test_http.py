"""HTTP itself: encodings, sizes, broken and slow clients, CORS, limits, time-outs."""

import gzip
import http.client
import json
import socket
import time

import pytest

import models
from clients import Grpc, Rest, content, predict_request, refused
from server import Server, exchange, until

HALF = "/v1/models/half_plus_two:predict"
ONE = b'{"instances": [1.0]}'


def alive(rest):
    assert rest.predict("half_plus_two", {"instances": [1]}) == {"predictions": [2.5]}


@pytest.fixture(scope="module")
def other(request, tmp_path_factory):
    """A server with the switches that the main one has not."""
    if request.config.getoption("--rest") or request.config.getoption("--grpc"):
        pytest.skip("needs a server of its own")
    folder = tmp_path_factory.mktemp("other")
    file = models.write(str(folder / "models.config"), models.config(
        {name: models.source(name) for name in ("half_plus_two", "slow", "warm_bad", "all_types")} | {
            "odd": request.getfixturevalue("folder") / "odd"}))
    with Server({"model_config_file": file, "rest_api_enable_cors_support": "true", "rest_api_timeout_in_ms": 700,
                 "enable_model_warmup": "false", "enable_serialization_as_tensor_content": "true",
                 "enable_signature_method_name_check": "true", "grpc_socket_path": folder / "hearth.sock"},
                arguments=["--hearth.limits.message-bytes=200000", "--hearth.limits.decompressed-bytes=400000"]
                ) as server:
        server.socket = str(folder / "hearth.sock")
        yield server.open().available("half_plus_two", "slow", "warm_bad", "all_types", "odd")


# ---------------------------------------------------------------- encodings

def test_gzip_request(rest):
    answer = rest.call("POST", HALF, gzip.compress(ONE), {"Content-Encoding": "gzip"})
    assert answer.status == 200 and json.loads(answer.body) == {"predictions": [2.5]}


@pytest.mark.parametrize("encoding", ["GZIP", "x-gzip", "gzip, identity"])
def test_gzip_names(rest, encoding):
    assert rest.call("POST", HALF, gzip.compress(ONE), {"Content-Encoding": encoding}).status == 200


@pytest.mark.parametrize("body", [ONE, gzip.compress(ONE)[:-9], b"\x1f\x8b\x08", b"\x1f\x8b\x08" + b"\xff" * 50],
                         ids=["plain", "cut", "head", "garbage"])
def test_broken_gzip(rest, body):
    rest.refused(HALF, body, 400, headers={"Content-Encoding": "gzip"})
    alive(rest)


def test_empty_gzip(rest):
    rest.refused(HALF, gzip.compress(b""), 400, "JSON Parse error: The document is empty",
                 headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("encoding", ["br", "identity", "nonsense"])
def test_other_encodings_are_not_looked_at(rest, encoding):
    assert rest.call("POST", HALF, ONE, {"Content-Encoding": encoding}).status == 200


def test_gzip_bomb(rest):
    bomb = gzip.compress(b'{"instances": [' + b" " * (300 << 20) + b"1]}", 9)
    answer = rest.call("POST", HALF, bomb, {"Content-Encoding": "gzip"})
    assert answer.status in (400, 413), answer
    alive(rest)


def test_plain_answer_unless_asked(rest):
    body = json.dumps({"instances": [1.0] * 20_000})
    assert "Content-Encoding" not in rest.call("POST", HALF, body).headers


@pytest.mark.hearth
def test_gzip_answer(rest):
    """Never compressed there."""
    body = json.dumps({"instances": [1.0] * 20_000})
    answer = rest.call("POST", HALF, body, {"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.body)) == {"predictions": [2.5] * 20_000}


def test_chunked_request(rest):
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (ONE[:3], ONE[3:9], ONE[9:])) + b"0\r\n\r\n"
    answer = rest.call("POST", HALF, body, {"Transfer-Encoding": "chunked"})
    assert answer.status == 200, answer


def talk(rest, *pieces, until_text=None):
    """Sends raw bytes and gives all that comes back until the server closes or the text has come."""
    host, port = rest.address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        for piece in pieces:
            raw.sendall(piece)
        got = b""
        while until_text is None or got.count(until_text[0]) < until_text[1]:
            piece = raw.recv(65536)
            if not piece:
                break
            got += piece
        return got


def head(length, more=b""):
    return b"POST " + HALF.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % length + more + b"\r\n"


def test_expect_continue(rest):
    """What curl does before longer bodies."""
    host, port = rest.address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(head(len(ONE), b"Expect: 100-continue\r\n"))
        assert raw.recv(4096).startswith(b"HTTP/1.1 100")
        raw.sendall(ONE)
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")


def test_pipelined_requests(rest):
    bodies = [b'{"instances": [%d]}' % k for k in (2, 4, 6)]
    got = talk(rest, b"".join(head(len(body)) + body for body in bodies), until_text=(b"predictions", 3))
    order = [got.index(text) for text in (b"[3.0", b"[4.0", b"[5.0")]
    assert order == sorted(order)


def test_http_1_0(rest):
    got = talk(rest, head(len(ONE)).replace(b"HTTP/1.1", b"HTTP/1.0") + ONE)
    assert b" 200 " in got.split(b"\r\n")[0] and b"2.5" in got


def test_connection_close(rest):
    assert b"2.5" in talk(rest, head(len(ONE), b"Connection: close\r\n") + ONE)


@pytest.mark.parametrize("text", [b"nonsense\r\n\r\n", b"GET /v1/models/x HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
                                  b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n"])
def test_what_is_not_http(rest, text):
    host, port = rest.address.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(text)
        raw.shutdown(socket.SHUT_WR)
        try:
            while raw.recv(65536):
                pass
        except ConnectionError:
            pass
    alive(rest)


def test_slow_clients_do_not_hold_others(rest):
    host, port = rest.address.split(":")
    slow = []
    for _ in range(200):
        raw = socket.create_connection((host, int(port)), timeout=20)
        raw.sendall(head(len(ONE)) + ONE[:5])
        slow.append(raw)
    begin = time.monotonic()
    for _ in range(20):
        alive(rest)
    assert time.monotonic() - begin < 10
    for raw in slow:
        raw.sendall(ONE[5:])
    for raw in slow:
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
        raw.close()


def test_byte_by_byte(rest):
    text = head(len(ONE)) + ONE
    assert b"2.5" in talk(rest, *[text[k:k + 1] for k in range(len(text))], until_text=(b"]\n}", 1))


# ---------------------------------------------------------------- texts meant to break a parser

@pytest.mark.parametrize("body", [
    b"[" * 500_000,
    b'{"instances": ' + b"[" * 500_000,
    b'{"instances": ' + b"[" * 500_000 + b"]" * 500_000 + b"}",
    b'{"instances": ' + b"[" * 500_000 + b"1" + b"]" * 500_000 + b"}",
    b'{"inputs": ' + b"[" * 100_000 + b"1" + b"]" * 100_000 + b"}",
    b'{"inputs": ' + b'{"x":' * 500_000 + b"1" + b"}" * 500_000 + b"}",
    b'{"instances": [' + b"1" * 500_000 + b"]}",
    b'{"instances": [1e999999999]}',
    b'{"instances": [1' + b"0" * 400 + b"]}",
    b'{"instances": [-]}', b'{"instances": [+1]}', b'{"instances": [.5]}', b'{"instances": [1.]}',
    b'{"instances": [1e]}', b'{"instances": [0x10]}', b'{"instances": [--1]}',
    b'{"instances": ["' + b"x" * 1_000_000,
    b'{"\\ud800": 1}', b"\xff\xfe{\x00}\x00", b"\x00", b"{" * 1000,
], ids=lambda body: f"{body[:24]!r}-{len(body)}")
def test_texts_that_break_parsers(rest, body):
    begin = time.monotonic()
    answer = rest.call("POST", HALF, body)
    assert answer.status == 400 and "error" in json.loads(answer.body), answer
    assert time.monotonic() - begin < 20
    alive(rest)


@pytest.mark.parametrize("body, value", [
    (b'{"instances": [1e-999999999]}', 2.0), (b'{"instances": [0.' + b"0" * 100_000 + b"1]}", 2.0),
    (b'{"instances": [1.' + b"0" * 100_000 + b"]}", 2.5), (b'{"instances": [-0]}', 2.0),
    (b'{"instances": [123456789012345678901234567890]}', 6.172839450617284e28),
    (b'{"' + b"k" * 500_000 + b'": 0, "instances": [1]}', 2.5),
    (b'{"more": ' + b"[" * 100_000 + b"]" * 100_000 + b', "instances": [1]}', 2.5)],
    ids=lambda value: f"{value[:24]!r}-{len(value)}" if isinstance(value, bytes) else None)
def test_texts_that_are_odd_but_right(rest, body, value):
    answer = rest.call("POST", HALF, body)
    assert answer.status == 200 and json.loads(answer.body)["predictions"] == [pytest.approx(value, rel=1e-6)], answer


def test_many_dimensions_are_no_crash(rest):
    """TensorFlow ends the process over a tensor with more than 254 dimensions."""
    for depth in (253, 254, 255, 256, 300):
        body = b'{"inputs": ' + b"[" * depth + b"1" + b"]" * depth + b"}"
        assert rest.call("POST", HALF, body).status in (200, 400), depth
        alive(rest)


# ---------------------------------------------------------------- the other server's switches

@pytest.mark.own
@pytest.mark.parametrize("method, target, body", [
    ("POST", HALF, ONE), ("POST", HALF, b""), ("GET", "/v1/models/half_plus_two", None), ("GET", "/v1/models/x", None),
    ("OPTIONS", HALF, None), ("GET", "/v1/x", None)])
@pytest.mark.parametrize("port", ["rest", "grpc"])
def test_cors(other, method, target, body, port):
    answer = exchange(getattr(other, port), method, target, body, {
        "Origin": "http://a.example", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert method != "OPTIONS" or (answer.status, answer.body) == (200, b""), answer
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, GET"
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.own
def test_timeout_of_rest_calls(other):
    Rest(other.rest).refused("/v1/models/slow:predict", {"inputs": 2_000_000}, 504, "Timed out")
    assert Rest(other.rest).predict("slow", {"inputs": 1})


@pytest.mark.own
@pytest.mark.parametrize("headers, body, status", [
    ({}, b" " * 200_001, 413), ({"Content-Length": "10000000000"}, b"", 413),
    ({"Transfer-Encoding": "chunked"}, b"30d41\r\n" + b" " * 200_001 + b"\r\n0\r\n\r\n", 413),
    ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 400_001), 413),
    ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 300_000 + ONE), 200),
    ({}, b" " * (200_000 - len(ONE)) + ONE, 200)],
    ids=["body", "announced", "chunked", "gzip", "gzip-fits", "fits"])
def test_size_of_a_body(other, headers, body, status):
    answer = exchange(other.rest, "POST", HALF, body, headers)
    assert answer.status == status, answer
    if status == 413:
        assert "bytes" in json.loads(answer.body)["error"]
    alive(Rest(other.rest))


@pytest.mark.own
def test_size_of_a_message(other):
    import numpy as np
    client = Grpc(other.grpc)
    refused(lambda: client.predict(predict_request("half_plus_two", {"x": content(np.zeros(60_000, np.float32))})),
            "RESOURCE_EXHAUSTED")
    assert client.predict(predict_request("half_plus_two", {"x": content(np.zeros(40_000, np.float32))})).outputs
    client.close()


@pytest.mark.own
def test_answers_as_tensor_content(other):
    """For gRPC only; REST goes on as before."""
    import numpy as np
    client = Grpc(other.grpc)
    proto = client.predict(predict_request("half_plus_two", {"x": [1.0, 2.0]})).outputs["y"]
    assert proto.tensor_content == np.array([2.5, 3], np.float32).tobytes() and not proto.float_val
    strings = client.predict(predict_request("all_types", {"x": [b"a", b""]}, "t_string")).outputs["y"]
    import tensorflow as tf
    assert tf.make_ndarray(strings).tolist() == [b"a", b""]
    alive(Rest(other.rest))
    client.close()


@pytest.mark.own
def test_check_of_method_names(other):
    client = Grpc(other.grpc)
    refused(lambda: client.predict(predict_request("odd", {"x": [1.0]}, "wrong_method")), "INTERNAL",
            "Expected prediction signature method_name to be one of")
    from clients import examples_request
    refused(lambda: client.prediction.Classify(examples_request("classify", "half_plus_two", [{"x": 1.0}], "regress"),
                                               timeout=30), "INVALID_ARGUMENT",
            "Expected classification signature method_name to be tensorflow/serving/classify. "
            "Was: tensorflow/serving/regress")
    assert client.predict(predict_request("half_plus_two", {"x": [1.0]})).outputs
    client.close()


@pytest.mark.own
def test_warm_up_switched_off(other):
    """The model whose warm-up file fails is there."""
    assert Rest(other.rest).predict("warm_bad", {"instances": [1]}) == {"predictions": [2.5]}


@pytest.mark.own
def test_unix_socket(other):
    client = Grpc("unix:" + other.socket)
    assert list(client.predict(predict_request("half_plus_two", {"x": [1.0]})).outputs["y"].tensor_content)
    client.close()
    answer = exchange(other.socket, "POST", HALF, ONE)  # Hearth's addition
    assert answer.status == 200, answer


# ---------------------------------------------------------------- big ones

def test_sixty_megabytes_there_and_back(grpc_):
    import numpy as np
    value = np.arange(15_000_000, dtype=np.float32)
    answer = grpc_.predict(predict_request("all_types", {"x": content(value)}, "t_float32"), timeout=120)
    assert np.array_equal(np.array(answer.outputs["y"].float_val, np.float32), value)


def test_twenty_megabytes_of_json(rest):
    values = [k / 8 for k in range(2_500_000)]
    answer = rest.call("POST", "/v1/models/all_types:predict",
                       json.dumps({"signature_name": "t_float64", "instances": values}))
    assert answer.status == 200 and json.loads(answer.body)["predictions"] == values


def test_many_strings(rest, grpc_):
    import numpy as np
    words = ["w%d" % k for k in range(200_000)]
    assert rest.predict("all_types", {"signature_name": "t_string", "instances": words})["predictions"] == words
    answer = grpc_.predict(predict_request("all_types", {"x": np.array(words, object)}, "t_string"), timeout=120)
    assert [word.decode() for word in answer.outputs["y"].string_val] == words


# ---------------------------------------------------------------- load without loss

def test_many_connections(rest):
    from concurrent.futures import ThreadPoolExecutor

    def one(k):
        connection = http.client.HTTPConnection(rest.address, timeout=60)
        for step in range(10):
            connection.request("POST", HALF, json.dumps({"instances": [2 * (k + step)]}))
            response = connection.getresponse()
            assert json.loads(response.read()) == {"predictions": [k + step + 2.0]}
        connection.close()
        return True
    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(one, range(128)))
