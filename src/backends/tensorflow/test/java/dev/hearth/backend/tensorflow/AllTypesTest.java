package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The fixture gives back what it is given, type by type. */
class AllTypesTest {

    private static Servable servable;

    @BeforeAll
    static void load() {
        servable = Fixtures.load(Fixtures.fixture("all_types"));
    }

    @AfterAll
    static void unload() {
        servable.close();
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "FLOAT",
                "DOUBLE",
                "INT32",
                "UINT8",
                "INT16",
                "INT8",
                "COMPLEX64",
                "INT64",
                "BFLOAT16",
                "UINT16",
                "COMPLEX128",
                "HALF",
                "UINT32",
                "UINT64"
            })
    void givesEveryBitBack(DataType type) {
        byte[] bits = new byte[2 * 3 * type.byteSize()];
        new Random(type.number()).nextBytes(bits);
        Tensor answer = echo(type, Tensor.of(type, Shape.of(2, 3), ByteBuffer.wrap(bits)));
        assertThat(answer.type()).isEqualTo(type);
        assertThat(answer.shape()).isEqualTo(Shape.of(2, 3));
        assertThat(answer.data()).isEqualTo(ByteBuffer.wrap(bits));
    }

    @Test
    void givesBooleansBack() {
        Tensor answer =
                echo(DataType.BOOL, Tensor.of(DataType.BOOL, Shape.of(3), ByteBuffer.wrap(new byte[] {1, 0, 1})));
        assertThat(answer.data()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 0, 1}));
    }

    @Test
    void givesScalarsAndEmptyTensorsBack() {
        assertThat(echo(DataType.INT32, Tensor.ofInts(Shape.SCALAR, 7)).data().getInt())
                .isEqualTo(7);
        Tensor empty = echo(DataType.FLOAT, Tensor.ofFloats(Shape.of(0, 5)));
        assertThat(empty.shape()).isEqualTo(Shape.of(0, 5));
        Tensor noStrings = echo(DataType.STRING, Tensor.ofStrings(Shape.of(0), new byte[0][]));
        assertThat(noStrings.shape()).isEqualTo(Shape.of(0));
    }

    @Test
    void joinsSegmentsOnTheWayIn() {
        Tensor rows = Tensor.concat(List.of(
                Tensor.ofLongs(Shape.of(1, 2), 1, 2),
                Tensor.ofLongs(Shape.of(2, 2), 3, 4, 5, 6),
                Tensor.ofLongs(Shape.of(1, 2), 7, 8)));
        Tensor answer = echo(DataType.INT64, rows);
        assertThat(answer.shape()).isEqualTo(Shape.of(4, 2));
        assertThat(answer.data())
                .isEqualTo(Tensor.ofLongs(Shape.of(8), 1, 2, 3, 4, 5, 6, 7, 8).data());
    }

    @Test
    void givesStringsOfAnyBytesBack() {
        byte[][] strings = {
            {},
            {0},
            "é\u0000ü".getBytes(StandardCharsets.UTF_8),
            bytes(21),
            bytes(22),
            bytes(23),
            bytes(24),
            bytes(255),
            bytes(256),
            bytes(1 << 20)
        };
        Tensor answer = echo(DataType.STRING, Tensor.ofStrings(Shape.of(5, 2), strings));
        assertThat(answer.shape()).isEqualTo(Shape.of(5, 2));
        assertThat(answer.strings()).isDeepEqualTo(strings);
    }

    @Test
    void hasOneSignaturePerTypeAndTheInitOp() {
        assertThat(servable.signatures()).containsKey("__saved_model_init_op").hasSize(17);
        var init = servable.signatures().get("__saved_model_init_op").outputs().values();
        assertThat(init).singleElement().satisfies(spec -> {
            assertThat(spec.type()).isEqualTo(DataType.INVALID);
            assertThat(spec.shape()).isEqualTo(Shape.UNKNOWN);
        });
        var half = servable.signatures().get("t_float16");
        assertThat(half.methodName()).isEqualTo("tensorflow/serving/predict");
        assertThat(half.inputs().get("x").type()).isEqualTo(DataType.HALF);
    }

    private static byte[] bytes(int count) {
        byte[] random = new byte[count];
        new Random(count).nextBytes(random);
        return random;
    }

    private static Tensor echo(DataType type, Tensor value) {
        String name =
                switch (type) {
                    case HALF -> "float16";
                    case FLOAT -> "float32";
                    case DOUBLE -> "float64";
                    default -> type.name().toLowerCase(Locale.ROOT);
                };
        return Fixtures.run(servable, "t_" + name, Map.of("x", value)).get("y");
    }
}
