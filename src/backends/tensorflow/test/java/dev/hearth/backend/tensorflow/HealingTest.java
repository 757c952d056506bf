package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.healing.HealingStatus;
import dev.hearth.engine.healing.HealingStatus.Phase;
import dev.hearth.engine.healing.SelfHealing;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A real model whose variable a request has thrown away: only loading it again brings that back. */
class HealingTest {

    private static final ServableId ID = new ServableId("breakable", 1);
    private static final Tensor X = Tensor.ofFloats(Shape.of(2), 1.5f, -4);

    @Test
    void aModelThatHasLostItsVariableIsOpenedAnewAndAnswersAgain() throws Exception {
        try (DelayScheduler scheduler = DelayScheduler.system();
                SelfHealing healing =
                        new SelfHealing(HealingOptions.DEFAULTS, ServingMetrics.NONE, scheduler, Ticker.system());
                Servable model = healing.guarding(new SavedModelLoaderFactory(TensorFlowOptions.DEFAULTS))
                        .loader(ID, Fixtures.fixture("breakable"))
                        .load()) {
            assertThat(answer(model)).containsExactly(3, -8);
            RunRequest asked = new RunRequest(List.of(new Feed(tensorName(model), X)), List.of("y:0"), Deadline.NONE);
            model.probe(asked);
            healing.watch(ID, model, List.of(asked), List.of());
            CompletableFuture<HealingStatus> healed = new CompletableFuture<>();
            var unused = healing.listen(id -> healing.status(id)
                    .filter(status -> status.phase() == Phase.SERVING)
                    .ifPresent(healed::complete));

            Fixtures.run(model, "break", Map.of("code", X));
            for (int i = 0; i < HealingOptions.DEFAULTS.failures(); i++) {
                assertThat(Failures.of(() -> answer(model)).code()).isEqualTo(ErrorCode.FAILED_PRECONDITION);
            }

            assertThat(healed.get(60, TimeUnit.SECONDS)).isEqualTo(new HealingStatus(Phase.SERVING, null, 1, 0));
            assertThat(answer(model)).containsExactly(3, -8);
        }
    }

    private static String tensorName(Servable model) {
        return model.signatures().get("serving_default").inputs().get("x").tensorName();
    }

    private static float[] answer(Servable model) {
        return Fixtures.floats(
                Fixtures.run(model, "serving_default", Map.of("x", X)).get("y"));
    }
}
