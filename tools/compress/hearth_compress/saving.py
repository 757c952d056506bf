"""Writes SavedModels: of a call by name, and frozen ones."""

import os

from tensorflow.core.framework import graph_pb2
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, rewriter_config_pb2, saved_model_pb2
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
from tensorflow.python.grappler import tf_optimizer

from hearth_compress.frameworks import tf
from hearth_compress.refusal import Impossible, first_line

v1 = tf.compat.v1
STEPS = ("pruning", "constfold", "arithmetic", "dependency", "pruning")


def export(call, inputs, trackable, path, batch=None):
    """A SavedModel with one signature. batch: that number of rows at once; None leaves it open, as it is."""
    module = tf.Module()
    # A Keras model itself would bring its optimizer's variables along.
    module.model = getattr(trackable, "variables", trackable)

    def sized(spec):
        return spec.shape if batch is None or not spec.shape.rank else [batch] + spec.shape.as_list()[1:]

    specs = {name: tf.TensorSpec(sized(spec), spec.dtype, name=name) for name, spec in inputs.items()}
    module.serve = tf.function(lambda **values: call(**values))
    try:
        tf.saved_model.save(module, path, signatures={
            "serving_default": module.serve.get_concrete_function(**specs)})
    except Exception as failure:
        raise Impossible(f"TensorFlow cannot save it: {first_line(failure)}")


def freeze(source, path):
    """All signatures of a SavedModel with variables turned into constants and constant parts computed."""
    loaded = tf.saved_model.load(source)
    methods = method_names(source)
    graphs = {}
    for name, function in loaded.signatures.items():
        try:
            frozen = convert_variables_to_constants_v2(function, lower_control_flow=False)
        except Exception as failure:
            raise Impossible(f"signature {name} cannot be frozen: {first_line(failure)}")
        if any(tensor.dtype == tf.resource for tensor in frozen.inputs):
            raise Impossible(f"signature {name} reads a lookup table or another resource that is no variable")
        graphs[name] = _optimized(function, frozen)
    with tf.Graph().as_default(), v1.Session() as session:
        signatures = {}
        for name, (graph, inputs, outputs) in graphs.items():
            tensors = tf.import_graph_def(graph, name=name, return_elements=[*inputs.values(), *outputs.values()])
            described = [v1.saved_model.build_tensor_info(tensor) for tensor in tensors]
            signatures[name] = v1.saved_model.build_signature_def(
                dict(zip(inputs, described)), dict(zip(outputs, described[len(inputs):])), methods[name])
        builder = v1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING], signatures, strip_default_attrs=True)
        builder.save()


def _optimized(function, frozen):
    inputs = {name: tensor.name for name, tensor in zip(function._arg_keywords, frozen.inputs)}
    outputs = {name: tensor.name for name, tensor in zip(sorted(function.structured_outputs), frozen.outputs)}
    meta_graph = v1.train.export_meta_graph(graph_def=frozen.graph.as_graph_def(), graph=frozen.graph)
    kept = meta_graph_pb2.CollectionDef()
    kept.node_list.value.extend([*inputs.values(), *outputs.values()])
    meta_graph.collection_def["train_op"].CopyFrom(kept)
    config = config_pb2.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.optimizers.extend(STEPS)
    rewrite.min_graph_nodes = -1
    rewrite.meta_optimizer_iterations = rewriter_config_pb2.RewriterConfig.TWO
    graph = graph_pb2.GraphDef()
    graph.CopyFrom(tf_optimizer.OptimizeGraph(config, meta_graph))
    present = {node.name for node in graph.node}
    if any(tensor.split(":")[0] not in present for tensor in [*inputs.values(), *outputs.values()]):
        graph = frozen.graph.as_graph_def()
    return graph, inputs, outputs


def method_names(path):
    model = saved_model_pb2.SavedModel()
    with open(os.path.join(path, "saved_model.pb"), "rb") as file:
        model.ParseFromString(file.read())
    return {name: signature.method_name or "tensorflow/serving/predict"
            for meta_graph in model.meta_graphs for name, signature in meta_graph.signature_def.items()}
