"""TensorFlow Lite: conversion, and a look into the result for what stayed in floating point."""

import re

from hearth_compress.frameworks import tf
from hearth_compress.refusal import Impossible, first_line

TYPES = {"float": tf.float32, "int8": tf.int8, "uint8": tf.uint8}
MOVING = {"QUANTIZE", "DEQUANTIZE", "CAST", "DELEGATE"}


def convert(saved_model, mode, rows=None, io="float"):
    """The model's bytes. mode: float32, float16, dynamic, int8 or qat; rows: for calibration; io: of int8 and qat."""
    try:
        converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=["serving_default"])
        if mode != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if mode == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if mode in ("int8", "qat"):
            # The second set lets an operator without an 8-bit form stay in floating point, which the report then tells.
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
            converter.representative_dataset = lambda: iter(rows)
            converter.inference_input_type = converter.inference_output_type = TYPES[io]
        return converter.convert()
    except Exception as failure:
        raise Impossible(_reason(failure))


def _reason(failure):
    text = str(failure)
    lacking = sorted(set(re.findall(r"Flex ops: ([\w, ]+)", text)) | set(re.findall(r"Custom ops: ([\w, ]+)", text)))
    if lacking:
        return f"TensorFlow Lite has no built-in operator for: {', '.join(lacking)}"
    if "requires element_shape to be static" in text or "TensorList" in text:
        return "TensorFlow Lite cannot keep the batch size of its recurrent layers open"
    return f"the TensorFlow Lite converter refuses it: {first_line(failure)}"


def not_quantized(model):
    """Operators whose results are still floating point: "layer (OPERATOR)", in the order they run."""
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    tensors = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    found = []
    for operator in interpreter._get_ops_details():
        if operator["op_name"] in MOVING:
            continue
        outputs = [tensors[index] for index in operator["outputs"] if index in tensors]
        if outputs and all(tensor["dtype"].__name__ in ("float32", "float16") for tensor in outputs):
            found.append(f"{_layer(outputs[0]['name'])} ({operator['op_name']})")
    return list(dict.fromkeys(found))


def _layer(tensor):
    """The layer in a fused tensor's name, e.g. model/dense/MatMul;model/dense/BiasAdd."""
    parts = tensor.split(";")[0].split(":")[0].split("/")
    return parts[-2] if len(parts) > 1 else parts[0]


def quantization(model):
    """Scale and zero point of the signature's quantized inputs and outputs."""
    runner = tf.lite.Interpreter(model_content=model).get_signature_runner()
    found = {}
    for side, details in (("inputs", runner.get_input_details()), ("outputs", runner.get_output_details())):
        for name, detail in details.items():
            scale, zero_point = detail["quantization"]
            if scale:
                found[name] = {"side": side, "type": detail["dtype"].__name__, "scale": float(scale),
                               "zero_point": int(zero_point)}
    return found
