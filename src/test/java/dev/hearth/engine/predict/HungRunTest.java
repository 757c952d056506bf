package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.batching.BatchScheduler;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.ResourceEstimate;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.ManualDelayScheduler;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Rendezvous;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Watchdog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A model whose run does not come back while it is fed a negative number. */
class HungRunTest {

    private static final Duration DEADLINE = Duration.ofSeconds(1);

    private final ManualTicker ticker = new ManualTicker();
    private final ManualDelayScheduler scheduler = new ManualDelayScheduler(ticker);
    private final Watchdog dog = new Watchdog(Duration.ofSeconds(10), Duration.ofMinutes(10), scheduler, ticker);
    private final Rendezvous hang = new Rendezvous();
    private final BlockingQueue<Thread> quarantined = new LinkedBlockingQueue<>();
    private final BlockingQueue<Thread> cameBack = new LinkedBlockingQueue<>();

    private final class Hanging implements Servable, ServableHandle {

        @Override
        public List<Tensor> run(RunRequest request) {
            Tensor input = request.feeds().get(0).value();
            if (input.data().getFloat(0) < 0) {
                hang.arriveAndWait();
                cameBack.add(Thread.currentThread());
            }
            return List.of(input);
        }

        @Override
        public void quarantine(Thread thread) {
            quarantined.add(thread);
        }

        @Override
        public Map<String, Signature> signatures() {
            return Map.of();
        }

        @Override
        public String device() {
            return "FAKE:0";
        }

        @Override
        public ResourceEstimate resources() {
            return ResourceEstimate.NONE;
        }

        @Override
        public ServableId id() {
            return new ServableId("m", 1);
        }

        @Override
        public Servable servable() {
            return this;
        }

        @Override
        public void close() {}
    }

    private final Hanging model = new Hanging();

    @AfterEach
    void release() {
        hang.release();
    }

    private RunRequest request(float value) {
        return new RunRequest(
                List.of(new Feed("x", Tensor.ofFloats(Shape.of(1), value))),
                List.of("y"),
                Deadline.after(DEADLINE, ticker));
    }

    private void answersAndGoesOn(Execution execution) throws Exception {
        CompletableFuture<List<Tensor>> lost = execution.run(model, request(-1), SignatureMetrics.NONE);
        hang.awaitArrival();
        scheduler.advance(Duration.ofSeconds(10));
        assertThat(lost).isNotDone();

        scheduler.advance(Duration.ofSeconds(3));

        assertThatThrownBy(() -> lost.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(ServingException.class, error -> assertThat(error.code())
                        .isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
        Thread hung = quarantined.poll(20, TimeUnit.SECONDS);
        assertThat(hung).isNotNull();
        assertThat(execution.run(model, request(2), SignatureMetrics.NONE).get(20, TimeUnit.SECONDS))
                .hasSize(1);
        hang.release();
        assertThat(cameBack.poll(20, TimeUnit.SECONDS)).isSameAs(hung);
        hung.join(20_000);
        assertThat(hung.isAlive()).isFalse();
        assertThat(execution.run(model, request(3), SignatureMetrics.NONE).get(20, TimeUnit.SECONDS))
                .hasSize(1);
    }

    @Test
    void singleRunsAreAnsweredAndTheirThreadIsReplaced() throws Exception {
        DirectExecution direct = new DirectExecution(
                new DirectOptions(1, 10, Duration.ofSeconds(1)), ticker, dog, model -> Optional.empty());

        answersAndGoesOn(direct);

        direct.drain().get(20, TimeUnit.SECONDS);
    }

    @Test
    void batchesAreAnsweredAndTheirThreadIsReplaced() throws Exception {
        DirectExecution direct = new DirectExecution(
                new DirectOptions(1, 10, Duration.ofSeconds(1)), ticker, dog, model -> Optional.empty());
        BatchScheduler batches = new BatchScheduler(1, 10, ticker, scheduler, Runnable::run, dog);
        SelfTuningExecution tuning = new SelfTuningExecution(
                batches,
                direct,
                1,
                name -> new SelfTuningOptions(Optional.empty(), 8, 100),
                Duration.ZERO,
                ProfileStore.NONE,
                ticker);

        answersAndGoesOn(tuning);

        batches.drain().get(20, TimeUnit.SECONDS);
        direct.drain().get(20, TimeUnit.SECONDS);
    }

    @Test
    void drainingDoesNotWaitForWhatDoesNotComeBack() throws Exception {
        DirectExecution direct = new DirectExecution(
                new DirectOptions(1, 10, Duration.ofSeconds(1)), ticker, dog, model -> Optional.empty());
        CompletableFuture<List<Tensor>> lost = direct.run(model, request(-1), SignatureMetrics.NONE);
        hang.awaitArrival();
        scheduler.advance(Duration.ofSeconds(13));
        assertThat(lost.handle((answer, error) -> error).get(20, TimeUnit.SECONDS))
                .isNotNull();

        direct.drain().get(20, TimeUnit.SECONDS);

        assertThat(cameBack).isEmpty();
    }
}
