package dev.hearth.backend.tensorflow;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The part of a graph that computes some tensors, with constants in place of its variables: what depends on them alone is
 * then computed once, and kernels keep weights in the layout they compute with, neither of which TensorFlow does for
 * variables. Reads of variables become identities, through function calls to any depth.
 *
 * <p>A graph that uses a variable in any other way (assigns it, hands it to a loop or a branch) is {@link Unfit}. Each is
 * used once: first {@link #reads()}, then {@link #with}.
 */
final class FrozenGraph {

    /** Why the variables of a graph must stay what they are. */
    static final class Unfit extends RuntimeException {

        private static final long serialVersionUID = 1;

        Unfit(String message) {
            super(message, null, false, false);
        }
    }

    private static final Set<String> CALLS = Set.of("PartitionedCall", "StatefulPartitionedCall");
    private static final Set<String> VARIABLES = Set.of("VarHandleOp", "VariableV2", "Variable");
    private static final String READ = "ReadVariableOp";

    /** Of functions of which TensorFlow takes the one that suits the device, as Keras' recurrent layers have them. */
    private static final String ALTERNATIVES = "api_implements";

    private final GraphDef graph;
    private final Map<String, NodeDef> nodes = new HashMap<>();
    private final Map<String, FunctionDef> functions = new HashMap<>();
    private final Map<String, NodeDef> needed = new LinkedHashMap<>();
    private final Map<String, List<DataType>> called = new HashMap<>();
    private final Map<String, FunctionDef> changed = new HashMap<>();
    private final Set<String> ops = new TreeSet<>();

    /** @param tensors that are fed and fetched */
    FrozenGraph(GraphDef graph, Collection<String> tensors) {
        this.graph = graph;
        graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
        graph.getLibrary()
                .getFunctionList()
                .forEach(function -> functions.put(function.getSignature().getName(), function));
        Deque<String> open = new ArrayDeque<>();
        tensors.forEach(tensor -> open.add(node(tensor)));
        while (!open.isEmpty()) {
            NodeDef node = nodes.get(open.pop());
            if (node != null && needed.putIfAbsent(node.getName(), node) == null) {
                node.getInputList().forEach(input -> open.add(node(input)));
            }
        }
    }

    /**
     * The variables that are needed, and for each a tensor that is its value.
     *
     * @throws Unfit when there is no variable, or one that cannot be read
     */
    Map<String, String> reads() {
        Map<String, String> reads = new LinkedHashMap<>();
        for (NodeDef node : needed.values()) {
            if (VARIABLES.contains(node.getOp())) {
                reads.put(node.getName(), isHandle(node) ? readOf(node.getName()) : node.getName());
            }
        }
        if (reads.isEmpty()) {
            throw new Unfit("it has none");
        }
        return reads;
    }

    private String readOf(String variable) {
        return nodes.values().stream()
                .filter(node ->
                        node.getOp().equals(READ) && node(node.getInput(0)).equals(variable))
                .map(NodeDef::getName)
                .findFirst()
                .orElseThrow(() -> new Unfit("nothing reads " + variable));
    }

    /**
     * The graph with these values of its variables.
     *
     * @throws Unfit when a variable is used in a way that constants cannot be
     */
    GraphDef with(Map<String, TensorProto> values) {
        Map<String, DataType> handles = new HashMap<>();
        for (NodeDef node : needed.values()) {
            TensorProto value = values.get(node.getName());
            if (value != null && isHandle(node)) {
                handles.put(node.getName(), value.getDtype());
            }
        }
        Scope scope = new Scope(handles, nodes);
        GraphDef.Builder frozen = GraphDef.newBuilder().setVersions(graph.getVersions());
        for (NodeDef node : needed.values()) {
            TensorProto value = values.get(node.getName());
            if (value == null) {
                // Colocation with a variable means nothing any more, and names nodes that may be gone.
                freeze(node.toBuilder().removeAttr("_class"), scope, "").forEach(frozen::addNode);
            } else {
                frozen.addNode(constant(node.getName(), value));
            }
        }
        frozen.getLibraryBuilder().addAllFunction(changed.values());
        return frozen.build();
    }

    /** Names of all ops of the graph that {@link #with} made; calls of functions are none. */
    Set<String> ops() {
        return ops;
    }

    /** The node, and before it what it needs besides. */
    private List<NodeDef> freeze(NodeDef.Builder node, Scope scope, String firstOutput) {
        List<DataType> types = node.getInputList().stream()
                .filter(input -> !input.startsWith("^"))
                .map(scope::typeOf)
                .toList();
        boolean constants = types.stream().anyMatch(type -> type != DataType.DT_INVALID);
        List<NodeDef> before = constants ? freezeUse(node, types, firstOutput) : List.of();
        call(node, constants ? types : List.of());
        if (!isCall(node)) {
            ops.add(node.getOp());
        }
        List<NodeDef> all = new ArrayList<>(before);
        all.add(node.build());
        return all;
    }

    private List<NodeDef> freezeUse(NodeDef.Builder node, List<DataType> types, String firstOutput) {
        AttrValue type = type(types.get(0));
        switch (node.getOp()) {
            case READ -> node.setOp("Identity").removeAttr("dtype").putAttr("T", type);
            case "Identity" -> node.putAttr("T", type);
            case "VariableShape" -> node.setOp("Shape").putAttr("T", type);
            case "ResourceGatherNd" ->
                node.setOp("GatherNd").removeAttr("dtype").putAttr("Tparams", type);
            case "ResourceGather" -> {
                return List.of(freezeGather(node, type, firstOutput));
            }
            default -> {
                if (!isCall(node)) {
                    throw new Unfit(node.getName() + " is a " + node.getOp());
                }
            }
        }
        return List.of();
    }

    /** A gather of a tensor has one input more: along which axis. */
    private NodeDef freezeGather(NodeDef.Builder node, AttrValue type, String firstOutput) {
        int axis = (int) node.getAttrOrDefault("batch_dims", AttrValue.getDefaultInstance())
                .getI();
        List<String> inputs = new ArrayList<>(node.getInputList());
        String name = node.getName() + "/axis_of_constant";
        inputs.add(2, name + firstOutput);
        node.setOp("GatherV2")
                .removeAttr("dtype")
                .removeAttr("validate_indices")
                .putAttr("Tparams", type)
                .putAttr("Taxis", type(DataType.DT_INT32))
                .clearInput()
                .addAllInput(inputs);
        return constant(
                name,
                TensorProto.newBuilder()
                        .setDtype(DataType.DT_INT32)
                        .setTensorShape(TensorShapeProto.getDefaultInstance())
                        .addIntVal(axis)
                        .build());
    }

    /** Graphs of TensorFlow 1 call a function by using its name as the op. */
    private boolean isCall(NodeDef.Builder node) {
        return CALLS.contains(node.getOp()) || functions.containsKey(node.getOp());
    }

    private void call(NodeDef.Builder node, List<DataType> types) {
        if (CALLS.contains(node.getOp()) && !types.isEmpty()) {
            AttrValue.Builder inputs = node.getAttrOrThrow("Tin").toBuilder();
            for (int i = 0; i < types.size(); i++) {
                if (types.get(i) != DataType.DT_INVALID) {
                    inputs.getListBuilder().setType(i, types.get(i));
                }
            }
            node.putAttr("Tin", inputs.build());
        }
        if (functions.containsKey(node.getOp())) {
            function(node.getOp(), types);
        }
        for (AttrValue value : node.getAttrMap().values()) {
            if (value.hasFunc()) {
                function(value.getFunc().getName(), types);
            }
            value.getList().getFuncList().forEach(function -> function(function.getName(), types));
        }
    }

    /** @param types of its arguments where those are constants now, DT_INVALID where not; empty for none */
    private void function(String name, List<DataType> types) {
        FunctionDef function = functions.get(name);
        if (function == null) {
            throw new Unfit("there is no function " + name);
        }
        if (function.containsAttr(ALTERNATIVES)) {
            throw new Unfit("another function may take the place of " + name);
        }
        List<DataType> before = called.putIfAbsent(name, types);
        if (before != null) {
            if (!before.equals(types)) {
                throw new Unfit(name + " is called in two ways");
            }
            return;
        }
        changed.put(name, freeze(function, types));
    }

    private FunctionDef freeze(FunctionDef original, List<DataType> types) {
        FunctionDef.Builder function = original.toBuilder().clearNodeDef();
        Map<String, DataType> arguments = new HashMap<>();
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i) != DataType.DT_INVALID) {
                arguments.put(function.getSignature().getInputArg(i).getName(), types.get(i));
                function.getSignatureBuilder()
                        .getInputArgBuilder(i)
                        .setType(types.get(i))
                        .clearHandleData();
                // Their shapes were those of handles.
                function.removeArgAttr(i).removeResourceArgUniqueId(i);
            }
        }
        Map<String, NodeDef> body = new HashMap<>();
        original.getNodeDefList().forEach(node -> body.put(node.getName(), node));
        Scope scope = new Scope(arguments, body);
        Set<String> reads = new HashSet<>();
        for (NodeDef node : original.getNodeDefList()) {
            if (node.getOp().equals(READ) && scope.typeOf(node.getInput(0)) != DataType.DT_INVALID) {
                reads.add(node.getName() + ":value");
            }
        }
        for (NodeDef node : original.getNodeDefList()) {
            NodeDef.Builder made = node.toBuilder();
            for (int i = 0; i < node.getInputCount(); i++) {
                made.setInput(i, renamed(node.getInput(i), reads));
            }
            freeze(made, scope, ":output:0").forEach(function::addNodeDef);
        }
        original.getRetMap().forEach((result, source) -> {
            if (scope.typeOf(source) != DataType.DT_INVALID) {
                throw new Unfit(original.getSignature().getName() + " returns one");
            }
            function.putRet(result, renamed(source, reads));
        });
        return function.build();
    }

    /** The output of a read has another name than that of an identity. */
    private static String renamed(String input, Set<String> reads) {
        int end = input.lastIndexOf(':');
        return end > 0 && reads.contains(input.substring(0, end)) ? node(input) + ":output:0" : input;
    }

    private static boolean isHandle(NodeDef variable) {
        return variable.getOp().equals("VarHandleOp");
    }

    private static NodeDef constant(String name, TensorProto value) {
        return NodeDef.newBuilder()
                .setName(name)
                .setOp("Const")
                .putAttr("dtype", type(value.getDtype()))
                .putAttr("value", AttrValue.newBuilder().setTensor(value).build())
                .build();
    }

    private static AttrValue type(DataType type) {
        return AttrValue.newBuilder().setType(type).build();
    }

    /** Of {@code node}, {@code node:0}, {@code ^node}, and in functions {@code node:output:0}. */
    private static String node(String input) {
        int begin = input.startsWith("^") ? 1 : 0;
        int end = input.indexOf(':');
        return end < 0 ? input.substring(begin) : input.substring(begin, end);
    }

    /**
     * Where names mean something: the graph, or the body of a function.
     *
     * @param constants what was the handle of a variable, and the type of the variable
     */
    private record Scope(Map<String, DataType> constants, Map<String, NodeDef> nodes) {

        /** DT_INVALID for what is none. */
        DataType typeOf(String input) {
            String name = node(input);
            DataType type = constants.get(name);
            if (type != null) {
                return type;
            }
            NodeDef source = nodes.get(name);
            if (source == null || !source.getOp().equals("Identity")) {
                return DataType.DT_INVALID;
            }
            DataType passedOn =
                    source.getAttrOrDefault("T", AttrValue.getDefaultInstance()).getType();
            return passedOn == DataType.DT_RESOURCE ? typeOf(source.getInput(0)) : DataType.DT_INVALID;
        }
    }
}
