package dev.hearth.endpoints.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The reader beside a naive twin that goes by way of Jackson's tree; and answers read back as what they were. */
class PredictJsonTwinTest {

    private static final JsonMapper TREE = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
            .build();

    @Test
    void agreesWithATreeOnRandomTensors() throws Exception {
        Random random = new Random(5);
        for (int i = 0; i < 3000; i++) {
            boolean row = random.nextBoolean();
            DataType type = List.of(DataType.FLOAT, DataType.DOUBLE, DataType.INT64, DataType.STRING)
                    .get(random.nextInt(4));
            StringBuilder value = new StringBuilder();
            int[] dims = new int[random.nextInt(4)];
            for (int d = 0; d < dims.length; d++) {
                dims[d] = 1 + random.nextInt(4);
            }
            value(random, dims, 0, type, random.nextInt(40) == 0, value);
            String body = "{ \"x\":[[1,{}]],\"" + (row ? "instances" : "inputs") + "\" :"
                    + (row ? "[" + value + "]" : value) + "}";
            check(body, row, type);
        }
    }

    private static void check(String body, boolean row, DataType type) throws Exception {
        Signature signature = PredictJsonTest.signature("in", type);
        JsonNode values = TREE.readTree(body).get(row ? "instances" : "inputs");
        Tensor read;
        try {
            read = PredictJsonTest.read(body, signature).get("in");
        } catch (ServingException ragged) {
            assertThat(isRectangular(values)).as(body).isFalse();
            return;
        }
        assertThat(isRectangular(values)).as(body).isTrue();
        List<Object> expected = new ArrayList<>();
        flatten(values, type, expected);
        assertThat(elements(read)).as(body).isEqualTo(expected);
        assertThat(read.shape().toArray()).as(body).isEqualTo(shape(values));
        String text = NumberTextTest.text(
                PredictAnswerJson.write(Map.of("out", read), row ? PredictFormat.ROW : PredictFormat.COLUMNAR));
        JsonNode again = TREE.readTree(text).get(row ? "predictions" : "outputs");
        List<Object> reread = new ArrayList<>();
        flatten(again, type, reread);
        assertThat(reread).as(text).isEqualTo(expected);
    }

    private static void value(Random random, int[] dims, int level, DataType type, boolean broken, StringBuilder out) {
        if (level == dims.length) {
            scalar(random, type, out);
            return;
        }
        out.append(random.nextBoolean() ? "[" : " [ ");
        int size = dims[level] + (broken && random.nextInt(3) == 0 ? 1 : 0);
        for (int i = 0; i < size; i++) {
            out.append(i == 0 ? "" : random.nextBoolean() ? "," : "\n, ");
            value(random, dims, level + 1, type, broken, out);
        }
        out.append(random.nextBoolean() ? "]" : " ]");
    }

    private static void scalar(Random random, DataType type, StringBuilder out) {
        switch (type) {
            case INT64 -> out.append(random.nextBoolean() ? random.nextInt(1000) : random.nextLong());
            case STRING -> out.append(random.nextBoolean() ? "\"é\\u20ac\\n\"" : "\"plain \\\"text\\\"\"");
            default -> {
                switch (random.nextInt(5)) {
                    case 0 -> out.append(random.nextInt());
                    case 1 -> out.append(random.nextGaussian());
                    case 2 -> out.append((double) random.nextFloat());
                    case 3 -> out.append(random.nextGaussian() * 1e-30);
                    default -> out.append(random.nextBoolean() ? "NaN" : "-Infinity");
                }
            }
        }
    }

    private static boolean isRectangular(JsonNode node) {
        if (!node.isArray()) {
            return true;
        }
        for (JsonNode child : node) {
            if (!isRectangular(child) || !List.of(shapeBoxed(child)).equals(List.of(shapeBoxed(node.get(0))))) {
                return false;
            }
        }
        return true;
    }

    private static List<Integer> shapeBoxed(JsonNode node) {
        List<Integer> sizes = new ArrayList<>();
        for (JsonNode at = node; at.isArray(); at = at.get(0)) {
            sizes.add(at.size());
            if (at.isEmpty()) {
                break;
            }
        }
        return sizes;
    }

    private static long[] shape(JsonNode node) {
        return shapeBoxed(node).stream().mapToLong(size -> size).toArray();
    }

    private static void flatten(JsonNode node, DataType type, List<Object> out) {
        if (node.isArray()) {
            node.forEach(child -> flatten(child, type, out));
        } else {
            out.add(
                    switch (type) {
                        case FLOAT -> (float) node.doubleValue();
                        case DOUBLE -> node.doubleValue();
                        case INT64 -> node.longValue();
                        default -> node.textValue();
                    });
        }
    }

    private static List<Object> elements(Tensor tensor) {
        List<Object> out = new ArrayList<>();
        int count = (int) tensor.shape().elements();
        for (int i = 0; i < count; i++) {
            out.add(
                    switch (tensor.type()) {
                        case FLOAT -> tensor.data().getFloat(4 * i);
                        case DOUBLE -> tensor.data().getDouble(8 * i);
                        case INT64 -> tensor.data().getLong(8 * i);
                        default -> new String(tensor.strings()[i], StandardCharsets.UTF_8);
                    });
        }
        return out;
    }
}
