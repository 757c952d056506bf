package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Resident memory of the test's own process; the fixture takes 20 MB once loaded. */
@EnabledOnOs(OS.LINUX)
class MemoryTest {

    private static final int CYCLES = 200;
    private static final TensorFlowOptions ONE_COPY = TensorFlowOptions.DEFAULTS.withSessions(1, 1);
    private static final long MIB = 1 << 20;

    @Test
    void givesMemoryBackOnEveryUnload() throws IOException {
        for (int i = 0; i < 10; i++) {
            loadRunUnload();
        }
        long before = residentBytes();
        for (int i = 0; i < CYCLES; i++) {
            loadRunUnload();
        }
        // 200 times 20 MB would be 4 GB; Java's own heap may grow a little meanwhile.
        assertThat(residentBytes() - before).isLessThan(150 * MIB);
    }

    @Test
    void leaksNothingPerRun() throws IOException {
        try (Servable servable = Fixtures.load(Fixtures.fixture("all_types"))) {
            Tensor strings = Tensor.ofStrings(Shape.of(2), new byte[][] {new byte[10], new byte[50_000]});
            Tensor floats = Tensor.ofFloats(Shape.of(10_000), new float[10_000]);
            runEcho(servable, strings, floats, 500);
            long before = residentBytes();
            runEcho(servable, strings, floats, 5_000);
            // 5,000 times 90 KB would be 450 MB.
            assertThat(residentBytes() - before).isLessThan(120 * MIB);
        }
    }

    private static void runEcho(Servable servable, Tensor strings, Tensor floats, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(Fixtures.run(servable, "t_string", Map.of("x", strings))).hasSize(1);
            assertThat(Fixtures.run(servable, "t_float32", Map.of("x", floats))).hasSize(1);
        }
    }

    private static void loadRunUnload() {
        try (Servable servable = Fixtures.load(Fixtures.fixture("grow"), ONE_COPY)) {
            Tensor x = Tensor.ofFloats(Shape.of(1), 1);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));
            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(2);
        }
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }
}
