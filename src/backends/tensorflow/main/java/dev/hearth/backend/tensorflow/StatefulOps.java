package dev.hearth.backend.tensorflow;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Finds out whether runs of a graph change what later runs see: such a model must not be loaded twice, since each copy
 * would count for itself. Looks only at what the given tensors need, through all functions; restoring and initializing
 * are part of every graph and do not count. What else the nodes tell is asked of it, too, so that a graph is read once.
 */
final class StatefulOps {

    private static final Set<String> CHANGING = Set.of(
            "Assign",
            "AssignAdd",
            "AssignSub",
            "AssignVariableOp",
            "AssignAddVariableOp",
            "AssignSubVariableOp",
            "CountUpTo",
            "ScatterAdd",
            "ScatterSub",
            "ScatterMul",
            "ScatterDiv",
            "ScatterMin",
            "ScatterMax",
            "ScatterUpdate",
            "ScatterNdAdd",
            "ScatterNdSub",
            "ScatterNdUpdate",
            "StridedSliceAssign");
    private static final List<String> CHANGING_PREFIXES = List.of(
            "ResourceScatter",
            "ResourceApply",
            "ResourceSparseApply",
            "ResourceStridedSliceAssign",
            "ResourceCountUpTo",
            "SparseApply",
            "Apply",
            "LookupTableInsert",
            "LookupTableRemove",
            "QueueEnqueue",
            "QueueDequeue");

    /** Of a call in a {@code tf.function(jit_compile=True)}, and of the function. */
    private static final String COMPILED = "_XlaMustCompile";

    private boolean compiled;
    private final Map<String, Node> graph = new HashMap<>();
    private final Map<String, List<Node>> functions = new HashMap<>();

    /** Reads a {@code GraphDef} field; constants are skipped over. */
    void readGraph(CodedInputStream in) throws IOException {
        message(in, (tag, field) -> {
            switch (field) {
                case GraphDef.NODE_FIELD_NUMBER -> {
                    Node node = readNode(in);
                    graph.put(node.name, node);
                }
                case GraphDef.LIBRARY_FIELD_NUMBER -> readLibrary(in);
                default -> in.skipField(tag);
            }
        });
    }

    private void readLibrary(CodedInputStream in) throws IOException {
        message(in, (tag, field) -> {
            if (field == FunctionDefLibrary.FUNCTION_FIELD_NUMBER) {
                readFunction(in);
            } else {
                in.skipField(tag);
            }
        });
    }

    private void readFunction(CodedInputStream in) throws IOException {
        List<Node> body = new ArrayList<>();
        String[] name = {""};
        message(in, (tag, field) -> {
            switch (field) {
                case FunctionDef.SIGNATURE_FIELD_NUMBER -> name[0] = readString(in, OpDef.NAME_FIELD_NUMBER);
                case FunctionDef.NODE_DEF_FIELD_NUMBER -> body.add(readNode(in));
                case FunctionDef.ATTR_FIELD_NUMBER -> readAttribute(in, new ArrayList<>());
                default -> in.skipField(tag);
            }
        });
        functions.put(name[0], body);
    }

    private Node readNode(CodedInputStream in) throws IOException {
        Node node = new Node();
        message(in, (tag, field) -> {
            switch (field) {
                case NodeDef.NAME_FIELD_NUMBER -> node.name = in.readString();
                case NodeDef.OP_FIELD_NUMBER -> node.op = in.readString();
                case NodeDef.INPUT_FIELD_NUMBER -> node.inputs.add(in.readString());
                case NodeDef.ATTR_FIELD_NUMBER -> readAttribute(in, node.callees);
                default -> in.skipField(tag);
            }
        });
        return node;
    }

    private void readAttribute(CodedInputStream in, List<String> callees) throws IOException {
        String[] key = {""};
        message(in, (tag, field) -> {
            if (field == MetaGraph.MAP_KEY) {
                key[0] = in.readString();
            } else if (field == MetaGraph.MAP_VALUE) {
                message(in, (valueTag, valueField) -> {
                    switch (valueField) {
                        case AttrValue.B_FIELD_NUMBER -> compiled |= in.readBool() && key[0].equals(COMPILED);
                        case AttrValue.FUNC_FIELD_NUMBER -> callees.add(readString(in, NameAttrList.NAME_FIELD_NUMBER));
                        case AttrValue.LIST_FIELD_NUMBER -> readList(in, callees);
                        default -> in.skipField(valueTag);
                    }
                });
            } else {
                in.skipField(tag);
            }
        });
    }

    private static void readList(CodedInputStream in, List<String> callees) throws IOException {
        message(in, (tag, field) -> {
            if (field == AttrValue.ListValue.FUNC_FIELD_NUMBER) {
                callees.add(readString(in, NameAttrList.NAME_FIELD_NUMBER));
            } else {
                in.skipField(tag);
            }
        });
    }

    private static String readString(CodedInputStream in, int wanted) throws IOException {
        String[] text = {""};
        message(in, (tag, field) -> {
            if (field == wanted) {
                text[0] = in.readString();
            } else {
                in.skipField(tag);
            }
        });
        return text[0];
    }

    private static void message(CodedInputStream in, FieldReader reader) throws IOException {
        int limit = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            reader.read(tag, WireFormat.getTagFieldNumber(tag));
        }
        in.popLimit(limit);
    }

    /** Whether computing these tensors changes a variable, a table or a queue. */
    boolean changedBy(Collection<String> tensorNames) {
        Set<String> seenNodes = new HashSet<>();
        Set<String> seenFunctions = new HashSet<>();
        Deque<String> nodes = new ArrayDeque<>();
        Deque<String> calls = new ArrayDeque<>();
        tensorNames.forEach(name -> nodes.add(operation(name)));
        while (!nodes.isEmpty() || !calls.isEmpty()) {
            List<Node> next = new ArrayList<>();
            if (nodes.isEmpty()) {
                String name = calls.pop();
                if (seenFunctions.add(name)) {
                    next.addAll(functions.getOrDefault(name, List.of()));
                }
            } else {
                String name = nodes.pop();
                if (graph.containsKey(name) && seenNodes.add(name)) {
                    Node node = graph.get(name);
                    next.add(node);
                    node.inputs.forEach(input -> nodes.add(operation(input)));
                }
            }
            for (Node node : next) {
                if (changes(node.op)) {
                    return true;
                }
                calls.addAll(node.callees);
                // TF1 graphs call a function by using its name as the op.
                calls.add(node.op);
            }
        }
        return false;
    }

    /** Whether the model itself wants a part of it to be compiled for each shape. */
    boolean compiled() {
        return compiled;
    }

    /** Whether a node of the graph or of any function is one of these ops. */
    boolean uses(Predicate<String> ops) {
        return Stream.concat(
                        graph.values().stream(), functions.values().stream().flatMap(List::stream))
                .anyMatch(node -> ops.test(node.op));
    }

    /** Those of these ops that the graph or any function has, sorted. */
    SortedSet<String> found(Predicate<String> ops) {
        return Stream.concat(
                        graph.values().stream(), functions.values().stream().flatMap(List::stream))
                .map(node -> node.op)
                .filter(ops)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean changes(String op) {
        return CHANGING.contains(op) || CHANGING_PREFIXES.stream().anyMatch(op::startsWith);
    }

    private static String operation(String input) {
        return TensorName.parse(input.startsWith("^") ? input.substring(1) : input)
                .operation();
    }

    private interface FieldReader {
        void read(int tag, int field) throws IOException;
    }

    private static final class Node {
        String name = "";
        String op = "";
        final List<String> inputs = new ArrayList<>();
        final List<String> callees = new ArrayList<>();
    }
}
