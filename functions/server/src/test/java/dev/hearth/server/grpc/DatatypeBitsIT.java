package dev.hearth.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.fallback.ServerProcess;
import dev.hearth.server.grpc.BitPatterns.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random bits of every datatype through TensorFlow and back, in every form of the Open Inference Protocol and of TensorFlow
 * Serving's API: what was sent comes back, to the last bit. JSON has only one not-a-number, and no form for half floats.
 */
class DatatypeBitsIT {

    private static final Path MODEL =
            Path.of(System.getProperty("repository.root"), "src/backends/tensorflow/test/resources/models/all_types");
    private static final long SEED = 6;

    /** From no dimensions at all to more than an event loop reads. */
    private static final List<Long[]> SHAPES =
            List.of(new Long[] {}, new Long[] {0L}, new Long[] {40L}, new Long[] {2L, 3L, 5L}, new Long[] {9_000L});

    private static ServerProcess server;
    private static GrpcClient client;
    private static EchoForms forms;

    /** One way to send a tensor and to get it back. */
    private interface Form {
        EchoForms.Back echo(BitPatterns sent) throws IOException, InterruptedException;
    }

    @BeforeAll
    static void start() throws IOException {
        int port = ServerProcess.freePort();
        server = ServerProcess.start(port, "--model_name=all_types", "--model_base_path=" + MODEL);
        server.await("models are available").await("Listening on");
        client = new GrpcClient(port);
        forms = new EchoForms(server, client);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static void everyShape(Kind kind, String name, boolean json, Form form) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        for (Long[] shape : SHAPES) {
            BitPatterns sent = BitPatterns.random(kind, random, shape);
            EchoForms.Back back = form.echo(sent);
            assertThat(back.shape()).as("%s, %s", name, Arrays.toString(shape)).isEqualTo(List.of(shape));
            assertThat(back.raw())
                    .as("%s, %s, seed %d", name, Arrays.toString(shape), SEED)
                    .isEqualTo((json ? sent.inJson() : sent).raw());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void rawContentsAndPlainBytesKeepEveryBit(Kind kind) throws Exception {
        everyShape(kind, "gRPC raw", false, forms::grpcRaw);
        everyShape(kind, "gRPC stream", false, forms::stream);
        everyShape(kind, "plain bytes", false, sent -> forms.v2(sent, true, true));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void fieldsAndContentOfTensorFlowServingKeepEveryBit(Kind kind) throws Exception {
        everyShape(kind, "packed fields", false, forms::packedFields);
        if (kind != Kind.STRING) {
            everyShape(kind, "tensor_content", false, forms::tensorContent);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FLOAT16", "BFLOAT16"},
            mode = EnumSource.Mode.EXCLUDE)
    void typedContentsAndJsonKeepEveryBit(Kind kind) throws Exception {
        everyShape(kind, "gRPC typed", false, forms::grpcTyped);
        everyShape(kind, "JSON", true, sent -> forms.v2(sent, false, false));
        everyShape(kind, "JSON, answered with plain bytes", true, sent -> forms.v2(sent, false, true));
        everyShape(kind, "plain bytes, answered with JSON", true, sent -> forms.v2(sent, true, false));
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"FLOAT16", "BFLOAT16", "UINT16", "STRING"},
            mode = EnumSource.Mode.EXCLUDE)
    void jsonOfTensorFlowServingKeepsEveryBit(Kind kind) throws Exception {
        everyShape(kind, "REST predict", true, forms::rest);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16"})
    void halfFloatsHaveNoJsonAndNoTypedContents(Kind kind) throws Exception {
        BitPatterns sent = BitPatterns.random(kind, new SplittableRandom(SEED), 2L);

        assertThat(forms.refusedTyped(sent)).startsWith("INVALID_ARGUMENT: input 'x' of " + kind.datatype);
        assertThat(forms.refused(sent, false, true)).startsWith("400 ").contains("input 'x' has a datatype");
        assertThat(forms.refused(sent, true, false)).startsWith("400 ").contains("'y'", kind.datatype, "binary_data");
    }
}
