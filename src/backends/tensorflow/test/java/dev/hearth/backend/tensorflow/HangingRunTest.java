package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.healing.HealingOptions;
import dev.hearth.engine.healing.HealingStatus;
import dev.hearth.engine.healing.SelfHealing;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.DirectExecution;
import dev.hearth.engine.predict.DirectOptions;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.time.Watchdog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real run that does not come back: it reads a pipe to which nobody writes, and nothing can stop it. */
class HangingRunTest {

    private static final ServableId ID = new ServableId("reading", 1);

    @TempDir
    Path folder;

    private final Ticker ticker = Ticker.system();

    private record Held(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }

    @Test
    void theRequestIsAnsweredAndTheModelGoesOnWithAnotherSession() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path file = Files.writeString(folder.resolve("file"), "four");
        BlockingQueue<Integer> hung = new LinkedBlockingQueue<>();
        ServingMetrics metrics = new ServingMetrics() {
            @Override
            public void hung(ServableId id, int runs) {
                hung.add(runs);
            }
        };
        try (DelayScheduler scheduler = DelayScheduler.system();
                SelfHealing healing =
                        new SelfHealing(HealingOptions.DEFAULTS.withMostHung(2), metrics, scheduler, ticker);
                Servable model = healing.guarding(
                                new SavedModelLoaderFactory(TensorFlowOptions.DEFAULTS.withSessions(1, 1)))
                        .loader(ID, Fixtures.fixture("reading"))
                        .load();
                DirectExecution runs = new DirectExecution(
                        new DirectOptions(1, 10, Duration.ofSeconds(1)),
                        ticker,
                        new Watchdog(Duration.ofMillis(100), Duration.ofMinutes(10), scheduler, ticker),
                        name -> Optional.empty())) {
            healing.watch(ID, model, List.of(), List.of());

            Throwable lost = runs.run(new Held(ID, model), request(model, pipe, 200), SignatureMetrics.NONE)
                    .handle((answer, error) -> error)
                    .get(60, TimeUnit.SECONDS);

            assertThat(ServingException.from(lost).code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(hung.poll(60, TimeUnit.SECONDS)).isEqualTo(1);
            assertThat(length(runs, model, file)).isEqualTo(4);
            assertThat(healing.status(ID)).get().extracting(HealingStatus::hung).isEqualTo(1);

            // Whoever opens the other end lets the reader go, which takes an empty pipe for an empty file.
            Files.newOutputStream(pipe).close();
            assertThat(hung.poll(60, TimeUnit.SECONDS)).isZero();
            assertThat(length(runs, model, file)).isEqualTo(4);
        }
    }

    private int length(DirectExecution runs, Servable model, Path file) throws Exception {
        return runs.run(new Held(ID, model), request(model, file, 60_000), SignatureMetrics.NONE)
                .get(60, TimeUnit.SECONDS)
                .get(0)
                .data()
                .getInt(0);
    }

    private RunRequest request(Servable model, Path path, int deadlineMillis) {
        var signature = model.signatures().get("serving_default");
        byte[] text = path.toString().getBytes(StandardCharsets.UTF_8);
        return new RunRequest(
                List.of(new Feed(
                        signature.inputs().get("path").tensorName(),
                        Tensor.ofStrings(Shape.of(), new byte[][] {text}))),
                List.of(signature.outputs().get("length").tensorName()),
                Deadline.after(Duration.ofMillis(deadlineMillis), ticker));
    }
}
