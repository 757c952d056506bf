package dev.hearth.endpoints.codec.json;

import ch.randelshofer.fastdoubleparser.JavaFloatParser;
import com.alibaba.fastjson2.JSONReader;
import com.alibaba.fastjson2.JSONWriter;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading and writing of float tensors as JSON, beside Jackson's streaming with its fast number parser, fastjson2's
 * streaming, and FastDoubleParser, which reads the numbers alone, told where each of them is. All of them check less
 * and know no shape. Microseconds for one body; its size is printed at the start, so bytes by microseconds are MB/s.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class PredictJsonBenchmark {

    private static final Signature SIGNATURE = new Signature(
            "serving_default",
            Signature.PREDICT_METHOD,
            Map.of("x", new TensorSpec("x:0", DataType.FLOAT, Shape.UNKNOWN)),
            Map.of(),
            Map.of());

    private static final JsonFactory JACKSON = JsonFactory.builder()
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .build();

    /** One row; short decimals, as people write them; floats printed as doubles, as Python does. */
    @Param({"row", "short", "long"})
    String body;

    private JsonText text = JsonText.copyOf(new byte[0]);
    private Map<String, Tensor> tensors = Map.of();
    private float[] values = new float[0];
    private int[] starts = new int[0];
    private int[] ends = new int[0];

    @Setup
    public void make() {
        int rows = body.equals("row") ? 1 : 500;
        Random random = new Random(1);
        StringBuilder json = new StringBuilder("{\"instances\": [");
        for (int i = 0; i < rows; i++) {
            json.append(i == 0 ? "[" : ", [");
            for (int j = 0; j < 100; j++) {
                float value = random.nextFloat();
                json.append(j == 0 ? "" : ", ")
                        .append(
                                body.equals("long")
                                        ? Double.toString(value)
                                        : Float.toString(Math.round(value * 1000) / 1000f));
            }
            json.append("]");
        }
        text = JsonText.copyOf(json.append("]}").toString().getBytes(StandardCharsets.UTF_8));
        tensors = PredictJson.parse(text, JsonLimits.DEFAULT).tensors(SIGNATURE);
        values = new float[rows * 100];
        tensors.get("x").data().asFloatBuffer().get(values);
        starts = new int[values.length];
        ends = new int[values.length];
        Matcher numbers = Pattern.compile("[0-9][-0-9.E]*").matcher(json);
        for (int i = 0; i < values.length && numbers.find(); i++) {
            starts[i] = numbers.start();
            ends[i] = numbers.end();
        }
        System.out.printf(
                "# %s: %d bytes read, %d written%n",
                body,
                text.length(),
                PredictAnswerJson.write(tensors, PredictFormat.ROW).length());
    }

    @Benchmark
    public Map<String, Tensor> read() {
        return PredictJson.parse(text, JsonLimits.DEFAULT).tensors(SIGNATURE);
    }

    @Benchmark
    public int readSyntaxOnly() {
        return PredictJson.parse(text, JsonLimits.DEFAULT).signatureName().length();
    }

    @Benchmark
    public float readByJackson() throws IOException {
        float sum = 0;
        try (JsonParser parser = JACKSON.createParser(text.bytes(), 0, text.length())) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isNumeric()) {
                    sum += parser.getFloatValue();
                }
            }
        }
        return sum;
    }

    @Benchmark
    public float readByFastjson2() {
        float sum = 0;
        try (JSONReader json = JSONReader.of(text.bytes(), 0, text.length(), StandardCharsets.UTF_8)) {
            json.nextIfObjectStart();
            json.readFieldName();
            json.nextIfArrayStart();
            while (!json.nextIfArrayEnd()) {
                json.nextIfArrayStart();
                while (!json.nextIfArrayEnd()) {
                    sum += json.readFloatValue();
                }
                json.nextIfComma();
            }
        }
        return sum;
    }

    @Benchmark
    public float numbersByFastDoubleParser() {
        float sum = 0;
        byte[] bytes = text.bytes();
        for (int i = 0; i < starts.length; i++) {
            sum += JavaFloatParser.parseFloat(bytes, starts[i], ends[i] - starts[i]);
        }
        return sum;
    }

    @Benchmark
    public ByteSink write() {
        return PredictAnswerJson.write(tensors, PredictFormat.ROW);
    }

    @Benchmark
    public int writeByJackson() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1024);
        try (JsonGenerator json = JACKSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeArrayFieldStart("predictions");
            for (int i = 0; i < values.length; i += 100) {
                json.writeStartArray();
                for (int j = i; j < i + 100; j++) {
                    json.writeNumber(values[j]);
                }
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return out.size();
    }

    @Benchmark
    public byte[] writeByFastjson2() {
        try (JSONWriter json = JSONWriter.ofUTF8()) {
            json.startObject();
            json.writeName("predictions");
            json.writeColon();
            json.startArray();
            for (int i = 0; i < values.length; i += 100) {
                if (i > 0) {
                    json.writeComma();
                }
                json.startArray();
                for (int j = i; j < i + 100; j++) {
                    if (j > i) {
                        json.writeComma();
                    }
                    json.writeFloat(values[j]);
                }
                json.endArray();
            }
            json.endArray();
            json.endObject();
            return json.getBytes();
        }
    }
}
