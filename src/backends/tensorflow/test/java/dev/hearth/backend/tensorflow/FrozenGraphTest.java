package dev.hearth.backend.tensorflow;

import static dev.hearth.backend.tensorflow.Graphs.node;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

class FrozenGraphTest {

    private static final byte[] CONFIG = SessionConfig.of(TensorFlowOptions.DEFAULTS);
    private static final TensorFlowOptions NEVER = TensorFlowOptions.DEFAULTS.withFreezeUpToBytes(0);

    @Test
    void everyUseOfAVariableThatAConstantCanHaveAnswersAsBefore() {
        Tensor ids = Tensor.ofInts(Shape.of(2), 1, 2);
        try (TfSession loaded = load(Fixtures.fixture("embedding"));
                TfSession frozen = loaded.frozen(CONFIG);
                Servable expected = Fixtures.load(Fixtures.fixture("embedding"), NEVER)) {
            Map<String, Tensor> wanted = Fixtures.run(expected, "serving_default", Map.of("ids", ids));
            run(frozen, "ids", ids).forEach((alias, answered) -> assertThat(answered.data())
                    .as(alias)
                    .isEqualTo(wanted.get(alias).data()));
            assertThat(wanted).hasSize(4);
            assertThat(Fixtures.floats(wanted.get("rows"))).containsExactly(11, 16, 19, 28);
        }
    }

    @Test
    void modelsAreServedWithConstantsAndAnswerAsWithVariables() {
        float[] pixels = new float[2 * 64];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = i % 17;
        }
        Tensor images = Tensor.ofFloats(Shape.of(2, 8, 8, 1), pixels);
        try (Servable frozen = Fixtures.load(Fixtures.demo("digits"));
                Servable expected = Fixtures.load(Fixtures.demo("digits"), NEVER)) {
            Tensor wanted = Fixtures.run(expected, "serving_default", Map.of("images", images))
                    .get("probabilities");
            Tensor answered = Fixtures.run(frozen, "serving_default", Map.of("images", images))
                    .get("probabilities");
            assertThat(Fixtures.floats(answered)).containsExactly(Fixtures.floats(wanted), Offset.offset(1e-6f));
        }
    }

    @Test
    void aVariableIsAConstantAfterwards() {
        try (TfSession loaded = load(Fixtures.demo("digits"));
                TfSession frozen = loaded.frozen(CONFIG)) {
            assertThat(fetch(frozen, "Variable").type()).hasToString("FLOAT");
            assertThatThrownBy(() -> fetch(loaded, "Variable")).hasMessageContaining("resource");
        }
    }

    @Test
    void tablesWouldBeEmptySoTheirModelsStay() {
        try (TfSession loaded = load(Fixtures.fixture("tf1_affine"))) {
            assertThatThrownBy(() -> loaded.frozen(CONFIG))
                    .isInstanceOf(FrozenGraph.Unfit.class)
                    .hasMessage("there is a HashTableV2");
        }
        try (Servable servable = Fixtures.load(Fixtures.fixture("tf1_affine"))) {
            Tensor x = Tensor.ofFloats(Shape.of(1, 2), 1, 1);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));
            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(5.5f, 6.5f, 9.25f);
        }
    }

    @Test
    void aModelWithoutVariablesHasNothingToFreeze() {
        assertThatThrownBy(() -> new FrozenGraph(graph(node("x", "Placeholder")), Set.of("x:0")).reads())
                .isInstanceOf(FrozenGraph.Unfit.class)
                .hasMessage("it has none");
    }

    @Test
    void aVariableThatIsHandedToALoopStays() {
        assertUnfit("loop is a While", node("loop", "While", "v"));
    }

    @Test
    void aVariableThatIsAssignedStays() {
        assertUnfit("a is a AssignVariableOp", node("a", "AssignVariableOp", "v", "x"), node("x", "Placeholder"));
    }

    @Test
    void aVariableThatAFunctionReturnsStays() {
        FunctionDef inner = function(
                "inner",
                Map.of("r", "same:output:0"),
                node("same", "Identity", "v").toBuilder()
                        .putAttr("T", type(DataType.DT_RESOURCE))
                        .build());
        assertUnfit("inner returns one", List.of(inner), call("y", "inner", "v"));
    }

    @Test
    void aFunctionThatGetsAVariableHereAndSomethingElseThereStays() {
        FunctionDef inner = function("inner", Map.of("r", "read:value:0"), node("read", "ReadVariableOp", "v"));
        assertUnfit(
                "inner is called in two ways",
                List.of(inner),
                call("y", "inner", "v"),
                call("z", "inner", "w", "^y"),
                node("w", "SomeHandleOp"));
    }

    @Test
    void aFunctionThatTensorFlowMayExchangeStays() {
        FunctionDef inner =
                function("inner", Map.of("r", "read:value:0"), node("read", "ReadVariableOp", "v")).toBuilder()
                        .putAttr("api_implements", AttrValue.getDefaultInstance())
                        .build();
        assertUnfit("another function may take the place of inner", List.of(inner), call("y", "inner", "v"));
    }

    @Test
    void variablesOfTensorFlow1AreTheirOwnValue() {
        NodeDef colocated = node("y", "Identity", "v").toBuilder()
                .putAttr("_class", AttrValue.getDefaultInstance())
                .build();
        FrozenGraph frozen = new FrozenGraph(graph(node("v", "VariableV2"), colocated), Set.of("y:0"));
        assertThat(frozen.reads()).containsExactly(Map.entry("v", "v"));
        GraphDef made = frozen.with(Map.of("v", value()));
        assertThat(made.getNodeList()).extracting(NodeDef::getOp).containsExactlyInAnyOrder("Const", "Identity");
        assertThat(made.getNodeList()).noneMatch(node -> node.containsAttr("_class"));
    }

    @Test
    void whatAnAnswerDoesNotNeedIsLeftOut() {
        GraphDef graph = graph(variable(), read("y", "v"), node("restore", "AssignVariableOp", "v"));
        FrozenGraph frozen = new FrozenGraph(graph, Set.of("y:0"));
        GraphDef made = frozen.with(Map.of("v", value()));
        assertThat(frozen.reads()).containsExactly(Map.entry("v", "y"));
        assertThat(made.getNodeList()).extracting(NodeDef::getName).containsExactlyInAnyOrder("v", "y");
        assertThat(frozen.ops()).containsExactly("Identity");
    }

    private static void assertUnfit(String why, NodeDef... nodes) {
        assertUnfit(why, List.of(), nodes);
    }

    private static void assertUnfit(String why, List<FunctionDef> functions, NodeDef... nodes) {
        GraphDef graph = graph(nodes).toBuilder()
                .addNode(variable())
                .setLibrary(FunctionDefLibrary.newBuilder().addAllFunction(functions))
                .build();
        FrozenGraph frozen = new FrozenGraph(
                graph, graph.getNodeList().stream().map(NodeDef::getName).toList());
        assertThatThrownBy(() -> frozen.with(Map.of("v", value())))
                .isInstanceOf(FrozenGraph.Unfit.class)
                .hasMessage(why);
    }

    private static TfSession load(Path folder) {
        NativeLibrary.requireLoaded();
        return TfSession.load(folder, Set.of("serve"), CONFIG);
    }

    private static Map<String, Tensor> run(TfSession session, String alias, Tensor value) {
        var signature = session.metaGraph().signatures().get("serving_default");
        var outputs = new LinkedHashMap<String, Tensor>();
        signature.outputs().forEach((name, spec) -> {
            RunRequest request = new RunRequest(
                    List.of(new Feed(signature.inputs().get(alias).tensorName(), value)),
                    List.of(spec.tensorName()),
                    Deadline.NONE);
            outputs.put(name, run(session, request));
        });
        return outputs;
    }

    private static Tensor fetch(TfSession session, String name) {
        return run(session, new RunRequest(List.of(), List.of(name), Deadline.NONE));
    }

    private static Tensor run(TfSession session, RunRequest request) {
        RunPlan plan = session.plans().choose(new PlanKey(request)).plan();
        return session.run(plan, null, request.feeds()).get(0);
    }

    private static GraphDef graph(NodeDef... nodes) {
        return GraphDef.newBuilder().addAllNode(List.of(nodes)).build();
    }

    private static NodeDef variable() {
        return node("v", "VarHandleOp");
    }

    private static NodeDef read(String name, String variable) {
        return node(name, "ReadVariableOp", variable).toBuilder()
                .putAttr("dtype", type(DataType.DT_FLOAT))
                .build();
    }

    private static NodeDef call(String name, String function, String... inputs) {
        return node(name, "PartitionedCall", inputs).toBuilder()
                .putAttr(
                        "Tin",
                        AttrValue.newBuilder()
                                .setList(AttrValue.ListValue.newBuilder().addType(DataType.DT_RESOURCE))
                                .build())
                .putAttr(
                        "f",
                        AttrValue.newBuilder()
                                .setFunc(NameAttrList.newBuilder().setName(function))
                                .build())
                .build();
    }

    private static FunctionDef function(String name, Map<String, String> results, NodeDef... body) {
        return FunctionDef.newBuilder()
                .setSignature(OpDef.newBuilder()
                        .setName(name)
                        .addInputArg(OpDef.ArgDef.newBuilder().setName("v").setType(DataType.DT_RESOURCE)))
                .addAllNodeDef(List.of(body))
                .putAllRet(results)
                .build();
    }

    private static AttrValue type(DataType type) {
        return AttrValue.newBuilder().setType(type).build();
    }

    private static TensorProto value() {
        return TensorProto.newBuilder()
                .setDtype(DataType.DT_FLOAT)
                .addFloatVal(1)
                .build();
    }
}
