package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.TensorSpec;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shapes and types at random, near what the model declares: the runtime answers or refuses, and the process lives on. */
class OddInputsTest {

    private static final int TRIES = 300;
    private static final List<DataType> OTHERS = List.of(DataType.HALF, DataType.INT64, DataType.STRING, DataType.BOOL);

    @ParameterizedTest
    @ValueSource(strings = {"digits", "diabetes", "half_plus_two"})
    void livesThroughAnyShapeAndType(String model) {
        Random random = new Random(7);
        try (Servable servable = Fixtures.load(Fixtures.demo(model), TensorFlowOptions.DEFAULTS.withSessions(1, 1))) {
            var inputs = servable.signatures().get("serving_default").inputs();
            String alias = inputs.keySet().iterator().next();
            int done = 0;
            for (int i = 0; i < TRIES; i++) {
                Tensor value = odd(inputs.get(alias), random);
                done += ends(() -> Fixtures.run(servable, "serving_default", Map.of(alias, value))) ? 1 : 0;
            }
            assertThat(done).isEqualTo(TRIES);
        }
    }

    private static boolean ends(Runnable run) {
        try {
            run.run();
        } catch (ServingException e) {
            assertThat(e.getMessage()).isNotEmpty();
            assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        }
        return true;
    }

    private static Tensor odd(TensorSpec spec, Random random) {
        int declared = Math.max(0, spec.shape().rank());
        long[] dims = new long[random.nextInt(3) == 0 ? random.nextInt(7) : declared];
        for (int i = 0; i < dims.length; i++) {
            long size = i < declared ? spec.shape().dim(i) : -1;
            dims[i] = size > 0 && random.nextInt(4) > 0 ? size : random.nextInt(5);
        }
        DataType type = random.nextInt(10) == 0 ? OTHERS.get(random.nextInt(OTHERS.size())) : spec.type();
        return Tensor.zeros(type, Shape.of(dims));
    }
}
