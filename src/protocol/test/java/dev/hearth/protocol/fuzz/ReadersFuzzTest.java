package dev.hearth.protocol.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.hearth.protocol.config.ConfigFormatException;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.packed.PackedPredictRequest;
import dev.hearth.protocol.record.TfRecordReader;
import dev.hearth.protocol.record.TfRecordWriter;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ModelServerConfig;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Whatever comes is read or refused with the error that the reader promises: nothing else is thrown, nothing hangs. */
class ReadersFuzzTest {

    private static final int ROUNDS = 20_000;

    @FunctionalInterface
    private interface Reader {
        /** Whether the bytes were read. */
        boolean reads(byte[] bytes) throws IOException;
    }

    private static void feed(Mutator mutator, Reader reader) {
        int read = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = mutator.next();
            try {
                read += reader.reads(bytes) ? 1 : 0;
            } catch (IOException | RuntimeException | StackOverflowError e) {
                throw new AssertionError("round " + i + ": " + new String(bytes, StandardCharsets.ISO_8859_1), e);
            }
        }
        assertThat(read).as("samples that are still read").isGreaterThan(100);
    }

    private static PredictRequest request() {
        return PredictRequest.newBuilder()
                .putInputs(
                        "x",
                        TensorProto.newBuilder()
                                .setDtypeValue(1)
                                .setTensorShape(TensorShapeProto.newBuilder()
                                        .addDim(TensorShapeProto.Dim.newBuilder()
                                                .setSize(2)))
                                .addFloatVal(1)
                                .addFloatVal(2)
                                .build())
                .addOutputFilter("y")
                .build();
    }

    private static boolean parses(Message prototype, byte[] bytes) {
        try {
            assertThat(prototype.getParserForType().parseFrom(bytes)).isNotNull();
            return true;
        } catch (InvalidProtocolBufferException refused) {
            return false;
        }
    }

    @Test
    void messages() {
        byte[] sample = request().toByteArray();
        feed(new Mutator(1).with(sample), bytes -> parses(PackedPredictRequest.getDefaultInstance(), bytes));
        feed(new Mutator(2).with(sample), bytes -> parses(PredictRequest.getDefaultInstance(), bytes));
        feed(new Mutator(3).with(sample), bytes -> parses(ClassificationRequest.getDefaultInstance(), bytes));
    }

    /** A field in a field in a field: the reader must not use up the stack of the thread that everything runs on. */
    @Test
    void nestingWithoutEnd() {
        byte[] groups = new byte[1 << 20];
        java.util.Arrays.fill(groups, (byte) 0x0b);
        assertThat(parses(PackedPredictRequest.getDefaultInstance(), groups)).isFalse();
        assertThat(parses(ModelServerConfig.getDefaultInstance(), groups)).isFalse();
    }

    @Test
    void configurationFiles() throws IOException {
        Path examples = Path.of(System.getProperty("repository.root"), "config", "examples");
        Mutator mutator = new Mutator(4)
                .with(Files.readAllBytes(examples.resolve("models.config")))
                .with(Files.readAllBytes(examples.resolve("batching_parameters.txt")));
        feed(mutator, bytes -> {
            try {
                boolean models = bytes.length % 2 == 0;
                assertThat(TextConfig.parse(
                                "fuzz",
                                bytes,
                                models
                                        ? ModelServerConfig.getDefaultInstance()
                                        : BatchingParameters.getDefaultInstance()))
                        .isNotNull();
                return true;
            } catch (ConfigFormatException refused) {
                return false;
            }
        });
    }

    @Test
    void deepConfigurationFiles() {
        byte[] deep = "model_config_list { config { ".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        try {
            TextConfig.parse("fuzz", deep, ModelServerConfig.getDefaultInstance());
            throw new AssertionError("read");
        } catch (ConfigFormatException refused) {
            assertThat(refused).hasMessageContaining("fuzz");
        }
    }

    @Test
    void recordFiles() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TfRecordWriter writer = new TfRecordWriter(out);
        writer.write(PredictionLog.getDefaultInstance().toByteArray());
        writer.write(request().toByteArray());
        feed(new Mutator(5).with(out.toByteArray()), bytes -> {
            try (TfRecordReader reader = new TfRecordReader(new ByteArrayInputStream(bytes))) {
                byte[] record = reader.next();
                while (record != null) {
                    record = reader.next();
                }
                return true;
            } catch (IOException refused) {
                return false;
            }
        });
    }
}
