package dev.hearth.backend.tensorflow;

import static dev.hearth.backend.tensorflow.Graphs.node;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

class StatefulOpsTest {

    @Test
    void seesAnUpdateOnTheWayToAnOutput() throws IOException {
        GraphDef graph = GraphDef.newBuilder()
                .addNode(node("x", "Placeholder"))
                .addNode(node("count", "AssignAddVariableOp"))
                .addNode(node("y", "Identity", "x", "^count"))
                .build();
        assertThat(changed(graph, "y:0")).isTrue();
    }

    @Test
    void ignoresWhatOutputsDoNotNeed() throws IOException {
        GraphDef graph = GraphDef.newBuilder()
                .addNode(node("x", "Placeholder"))
                .addNode(node("restore", "AssignVariableOp"))
                .addNode(node("y", "Identity", "x"))
                .build();
        assertThat(changed(graph, "y:0")).isFalse();
    }

    @Test
    void followsCallsThroughFunctionsAndBranches() throws IOException {
        GraphDef graph = GraphDef.newBuilder()
                .addNode(call("y", "PartitionedCall", "outer"))
                .addNode(call("z", "PartitionedCall", "pure"))
                .setLibrary(FunctionDefLibrary.newBuilder()
                        .addFunction(function("pure", node("a", "ReadVariableOp")))
                        .addFunction(function("outer", branches("case", "pure", "inner")))
                        .addFunction(function("inner", node("b", "ResourceScatterAdd"))))
                .build();
        assertThat(changed(graph, "y:0")).isTrue();
        assertThat(changed(graph, "z:0")).isFalse();
    }

    @Test
    void findsWhatIsToBeCompiled() throws IOException {
        AttrValue yes = AttrValue.newBuilder().setB(true).build();
        AttrValue no = AttrValue.newBuilder().setB(false).build();
        NodeDef call = node("y", "PartitionedCall");

        assertThat(read(graph(call)).compiled()).isFalse();
        assertThat(read(graph(call.toBuilder().putAttr("_XlaMustCompile", no).build()))
                        .compiled())
                .isFalse();
        assertThat(read(graph(call.toBuilder().putAttr("_XlaMustCompile", yes).build()))
                        .compiled())
                .isTrue();
        assertThat(read(graph(call.toBuilder().putAttr("other", yes).build())).compiled())
                .isFalse();
        GraphDef inFunction = GraphDef.newBuilder()
                .setLibrary(FunctionDefLibrary.newBuilder()
                        .addFunction(function("f", node("a", "Add")).toBuilder().putAttr("_XlaMustCompile", yes)))
                .build();
        assertThat(read(inFunction).compiled()).isTrue();
    }

    private static GraphDef graph(NodeDef node) {
        return GraphDef.newBuilder().addNode(node).build();
    }

    @Test
    void survivesFunctionsThatCallThemselves() throws IOException {
        GraphDef graph = GraphDef.newBuilder()
                .addNode(node("y", "loop"))
                .setLibrary(FunctionDefLibrary.newBuilder().addFunction(function("loop", call("a", "Call", "loop"))))
                .build();
        assertThat(changed(graph, "y")).isFalse();
    }

    private static NodeDef call(String name, String op, String function) {
        AttrValue value = AttrValue.newBuilder().setFunc(named(function)).build();
        return node(name, op).toBuilder().putAttr("f", value).build();
    }

    private static NodeDef branches(String name, String... functions) {
        AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
        for (String function : functions) {
            list.addFunc(named(function));
        }
        AttrValue value = AttrValue.newBuilder().setList(list).build();
        return node(name, "Case").toBuilder().putAttr("branches", value).build();
    }

    private static NameAttrList named(String function) {
        return NameAttrList.newBuilder().setName(function).build();
    }

    private static FunctionDef function(String name, NodeDef body) {
        return FunctionDef.newBuilder()
                .setSignature(OpDef.newBuilder().setName(name))
                .addNodeDef(body)
                .build();
    }

    private static boolean changed(GraphDef graph, String output) throws IOException {
        return read(graph).changedBy(List.of(output));
    }

    private static StatefulOps read(GraphDef graph) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeMessageNoTag(graph);
        out.flush();
        StatefulOps ops = new StatefulOps();
        ops.readGraph(CodedInputStream.newInstance(bytes.toByteArray()));
        return ops;
    }
}
