package dev.hearth.engine.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.cache.CacheOptions;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.cache.RowRule;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.MapTier;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.DelayScheduler;
import dev.hearth.engine.time.Priority;
import dev.hearth.engine.time.Ticker;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Every answer of a cache is what its version would have computed, to the last bit, whatever happens at once. */
class CachedExecutionStressTest {

    private static final int THREADS = 4;
    private static final int REQUESTS = 4_000;

    /** Answers depend on the version; a single row is rounded otherwise than rows in company. */
    private static ServableHandle version(int version) {
        return new FakeServable(run -> answer(version, run), Signatures.floats()).handle("m", version);
    }

    private static List<Tensor> answer(int version, RunRequest run) {
        Tensor x = run.feeds().get(0).value();
        FloatBuffer in = x.data().asFloatBuffer();
        float[] out = new float[in.remaining()];
        for (int i = 0; i < out.length; i++) {
            float value = in.get(i) * 1.1f + version;
            out[i] = x.rows() == 1 ? Math.nextUp(value) : value;
        }
        return List.of(Tensor.ofFloats(x.shape(), out));
    }

    private static RunRequest request(SplittableRandom random) {
        float[] values = new float[random.nextInt(4) == 0 ? 1 : 1 + random.nextInt(20)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(60);
        }
        Priority priority = Priority.values()[random.nextInt(3)];
        return new RunRequest(
                List.of(new Feed("x", Tensor.ofFloats(Shape.of(values.length, 1), values))),
                List.of("y"),
                Deadline.after(Duration.ofMinutes(5), Ticker.system()),
                priority);
    }

    @Test
    void everyAnswerIsWhatItsVersionWouldHaveComputed() throws Exception {
        for (CacheOptions options : List.of(
                new CacheOptions(true, false, 20_000, Duration.ofMillis(3), RowRule.AUTO, 0),
                new CacheOptions(true, true, 1 << 20, Duration.ZERO, RowRule.AUTO, 16))) {
            everyAnswerIsRight(options);
        }
    }

    private static void everyAnswerIsRight(CacheOptions options) throws Exception {
        DirectOptions two = new DirectOptions(2, 100_000, Duration.ofSeconds(1));
        ExecutorService callers = Executors.newFixedThreadPool(THREADS);
        List<ServableHandle> versions = List.of(version(1), version(2), version(1));
        try (DirectExecution runs = new DirectExecution(two, Ticker.system());
                DelayScheduler scheduler = DelayScheduler.system()) {
            CachedExecution cached = new CachedExecution(
                    runs,
                    runs,
                    new CacheRules(Map.of(new ModelName("m"), options), Optional.of(new MapTier())),
                    id -> versions.get((int) id.version() - 1),
                    ServingMetrics.NONE,
                    scheduler,
                    Ticker.system());
            versions.forEach(version -> cached.serves(version.id(), version.servable(), new byte[] {
                (byte) version.id().version()
            }));
            List<Future<Integer>> ends = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                SplittableRandom random = new SplittableRandom(thread);
                ends.add(callers.submit(() -> ask(cached, versions, random)));
            }
            int answered = 0;
            for (Future<Integer> end : ends) {
                answered += end.get(60, TimeUnit.SECONDS);
            }
            assertThat(answered).isGreaterThan(THREADS * REQUESTS / 2);
        } finally {
            callers.shutdown();
        }
    }

    private static int ask(CachedExecution cached, List<ServableHandle> versions, SplittableRandom random) {
        int answered = 0;
        List<CompletableFuture<List<Tensor>>> open = new ArrayList<>();
        List<List<Tensor>> expected = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            ServableHandle version = versions.get(random.nextInt(versions.size()));
            RunRequest request = request(random);
            CacheUse use = CacheUse.of(CacheUse.Wish.values()[Math.max(0, random.nextInt(30) - 27)]);
            open.add(cached.run(version, request, SignatureMetrics.NONE, use));
            expected.add(answer((int) version.id().version(), request));
            if (random.nextInt(5) == 0) {
                open.get(random.nextInt(open.size())).cancel(false);
            }
            if (random.nextInt(200) == 0) {
                cached.clear(version.id().name()).join();
            }
            if (open.size() == 16) {
                answered += check(open, expected);
            }
        }
        return answered + check(open, expected);
    }

    private static int check(List<CompletableFuture<List<Tensor>>> open, List<List<Tensor>> expected) {
        int answered = 0;
        for (int i = 0; i < open.size(); i++) {
            List<Tensor> answer;
            try {
                answer = open.get(i).orTimeout(50, TimeUnit.SECONDS).join();
            } catch (CancellationException cancelled) {
                continue;
            } catch (CompletionException e) {
                throw new AssertionError(e);
            }
            assertThat(answer.get(0).shape()).isEqualTo(expected.get(i).get(0).shape());
            assertThat(answer.get(0).data()).isEqualTo(expected.get(i).get(0).data());
            answered++;
        }
        open.clear();
        expected.clear();
        return answered;
    }
}
