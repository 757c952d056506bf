package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SavedModelLoaderTest {

    @Test
    void loadsAndRunsTheClassicModel() {
        try (Servable servable = Fixtures.load(Fixtures.demo("half_plus_two"))) {
            assertThat(servable.device()).isEqualTo("CPU:0");
            Tensor x = Tensor.ofFloats(Shape.of(3), 1, 2, 5);
            Map<String, Tensor> outputs = Fixtures.run(servable, "serving_default", Map.of("x", x));
            assertThat(Fixtures.floats(outputs.get("y"))).containsExactly(2.5f, 3, 4.5f);
        }
    }
}
