"""Tensors in shared memory, with Triton's own clients."""

import numpy as np
import pytest
import tritonclient.utils.shared_memory as shm
from tritonclient.utils import InferenceServerException


@pytest.fixture
def regions(triton, request):
    module, client = triton
    name = module.__name__.rsplit(".", 1)[-1]
    values = np.random.default_rng(3).random((1, 224, 224, 3), np.float32)
    made = [shm.create_shared_memory_region(f"{name}_{side}", f"/hearth_{name}_{side}", values.nbytes)
            for side in ("in", "out")]
    shm.set_shared_memory_region(made[0], [values])
    yield module, client, name, values, made
    client.unregister_system_shared_memory()
    for region in made:
        shm.destroy_shared_memory_region(region)


def test_an_image_goes_there_and_back(regions):
    module, client, name, values, made = regions
    for side in ("in", "out"):
        client.register_system_shared_memory(f"{name}_{side}", f"/hearth_{name}_{side}", values.nbytes)
    tensor = module.InferInput("x", list(values.shape), "FP32")
    tensor.set_shared_memory(f"{name}_in", values.nbytes)
    output = module.InferRequestedOutput("y")
    output.set_shared_memory(f"{name}_out", values.nbytes)
    answer = client.infer("half_plus_two", [tensor], outputs=[output])
    told = answer.get_output("y")
    assert (told["shape"] if isinstance(told, dict) else list(told.shape)) == list(values.shape)
    assert np.array_equal(shm.get_contents_as_numpy(made[1], np.float32, values.shape), values / 2 + 2)


def test_what_does_not_fit_is_refused(regions):
    module, client, name, values, made = regions
    with pytest.raises(InferenceServerException, match="does not lie within"):
        client.register_system_shared_memory("large", f"/hearth_{name}_in", values.nbytes + 1)
    for key in ("../etc/passwd", "/../../etc/passwd", "missing", "."):
        with pytest.raises(InferenceServerException):
            client.register_system_shared_memory("bad", key, 1)
    client.register_system_shared_memory(f"{name}_in", f"/hearth_{name}_in", values.nbytes)
    with pytest.raises(InferenceServerException, match="already"):
        client.register_system_shared_memory(f"{name}_in", f"/hearth_{name}_in", 4)
    tensor = module.InferInput("x", list(values.shape), "FP32")
    tensor.set_shared_memory(f"{name}_in", values.nbytes, offset=4)
    with pytest.raises(InferenceServerException, match="'x'"):
        client.infer("half_plus_two", [tensor])
    tensor.set_shared_memory("nothing", values.nbytes)
    with pytest.raises(InferenceServerException, match="'nothing'"):
        client.infer("half_plus_two", [tensor])
    assert client.get_system_shared_memory_status()
