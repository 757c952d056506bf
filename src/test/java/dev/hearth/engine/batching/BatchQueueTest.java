package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchQueueTest {

    private static BatchQueue<FakeTask> queue(BatchingOptions options) {
        return new BatchQueue<>(new TimeoutBatchPolicy(options));
    }

    private static @Nullable ServingException offer(BatchQueue<FakeTask> queue, FakeTask task) {
        return queue.offer(task, 0, DeviceState.IDLE, 0);
    }

    private static List<String> slices(Batch<FakeTask> batch) {
        return batch.slices().stream()
                .map(slice -> slice.task().id + "@" + slice.from() + "+" + slice.rows())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void formsAndRefusesExactlyAsTheNaiveQueueDoes(boolean splitting) {
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int max = 1 + random.nextInt(8);
            BatchingOptions options = splitting
                    ? Options.splitting(max + random.nextInt(20), max, 0, 1 + random.nextInt(5))
                    : Options.of(max, 0, random.nextInt(5));
            NaiveBatchQueue naive = new NaiveBatchQueue(options);
            BatchQueue<FakeTask> clever = queue(options);
            for (int id = 0; id < 60; id++) {
                if (random.nextInt(4) == 0) {
                    assertThat(slices(clever.take(max, 0, DeviceState.IDLE).batch()))
                            .isEqualTo(naive.take());
                } else {
                    int size = 1 + random.nextInt(options.maxBatchSize() + 1);
                    Optional<String> expected = naive.offer(id, size);
                    ServingException refusal = offer(clever, new FakeTask(id, size));
                    assertThat(refusal != null).isEqualTo(expected.isPresent());
                    if (refusal != null) {
                        assertThat(refusal).hasMessageContaining(expected.orElseThrow());
                    }
                }
            }
            for (List<String> rest = naive.take(); !rest.isEmpty(); rest = naive.take()) {
                assertThat(slices(clever.take(max, 0, DeviceState.IDLE).batch()))
                        .isEqualTo(rest);
            }
            assertThat(clever.isEmpty()).isTrue();
            assertThat(clever.rows()).isZero();
        }
    }

    @Test
    void placeOfACancelledTaskIsFilledByTheNext() {
        BatchQueue<FakeTask> queue = queue(Options.of(2, 0, 10));
        List<FakeTask> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tasks.add(new FakeTask(i, 1));
            assertThat(offer(queue, tasks.get(i))).isNull();
        }
        tasks.get(0).cancel();

        BatchQueue.Formed<FakeTask> formed = queue.take(2, 0, DeviceState.IDLE);

        assertThat(slices(formed.batch())).containsExactly("1@0+1", "2@0+1");
        assertThat(formed.dropped()).isEmpty();
        assertThat(queue.state(DeviceState.IDLE, false).batches()).isEqualTo(1);
        assertThat(queue.state(DeviceState.IDLE, false).openRows()).isEqualTo(1);
    }

    @Test
    void expiredTaskIsDroppedWithTensorFlowServingsText() {
        BatchQueue<FakeTask> queue = queue(Options.of(2, 0, 10));
        FakeTask late = new FakeTask(0, 1, new Deadline(100, false));
        offer(queue, late);
        offer(queue, new FakeTask(1, 1, new Deadline(101, false)));

        BatchQueue.Formed<FakeTask> formed = queue.take(2, 100, DeviceState.IDLE);

        assertThat(slices(formed.batch())).containsExactly("1@0+1");
        assertThat(formed.dropped()).singleElement().satisfies(dropped -> {
            assertThat(dropped.task()).isSameAs(late);
            assertThat(dropped.reason().code()).isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(dropped.reason()).hasMessage("Run() timeout exceeded while waiting in batching queue");
        });
    }

    @Test
    void restOfACutTaskThatWasCancelledIsNotRun() {
        BatchQueue<FakeTask> queue = queue(Options.splitting(10, 4, 0, 10));
        FakeTask large = new FakeTask(0, 10);
        offer(queue, large);
        offer(queue, new FakeTask(1, 1));
        assertThat(slices(queue.take(4, 0, DeviceState.IDLE).batch())).containsExactly("0@0+4");
        large.cancel();

        assertThat(slices(queue.take(4, 0, DeviceState.IDLE).batch())).containsExactly("1@0+1");
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.rows()).isZero();
    }

    @Test
    void packingIsCountedAnewWhenAPolicyTakesLessThanAFullBatch() {
        BatchQueue<FakeTask> queue = queue(Options.of(4, 0, 10));
        for (int i = 0; i < 6; i++) {
            offer(queue, new FakeTask(i, 1));
        }

        assertThat(queue.take(3, 0, DeviceState.IDLE).batch().rows()).isEqualTo(3);
        assertThat(queue.state(DeviceState.IDLE, false).batches()).isEqualTo(1);
        assertThat(queue.state(DeviceState.IDLE, false).openRows()).isEqualTo(3);
    }
}
