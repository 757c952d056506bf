package dev.hearth.engine.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The queue in an order that is not that of arrival. */
class SelfTuningQueueTest {

    private static final long NOW = 1_000_000_000L;
    private static final long FAR = Duration.ofMillis(900).toNanos();

    private static BatchQueue<FakeTask> queue(int maxRows) {
        ServiceProfile profile =
                ServiceProfile.of(new Measured(List.of(1, maxRows), List.of(10L, 20L), List.of(1.0)), maxRows, 1);
        return new BatchQueue<>(
                new SelfTuningBatchPolicy(profile, new SelfTuningOptions(Optional.empty(), maxRows, 1_000)));
    }

    private static FakeTask task(int id, int size, long afterNanos) {
        return new FakeTask(id, size, new Deadline(NOW + afterNanos, false), Priority.NORMAL);
    }

    private static void offer(BatchQueue<FakeTask> queue, FakeTask task) {
        assertThat(queue.offer(task, NOW, DeviceState.IDLE, 0)).isNull();
    }

    private static List<String> take(BatchQueue<FakeTask> queue, int rows) {
        return queue.take(rows, NOW, DeviceState.IDLE).batch().slices().stream()
                .map(slice -> slice.task().id + "@" + slice.from() + "+" + slice.rows())
                .toList();
    }

    @Test
    void earliestDeadlineLeavesFirstAndEqualOnesInTheOrderOfArrival() {
        BatchQueue<FakeTask> queue = queue(8);
        offer(queue, task(0, 1, FAR));
        offer(queue, task(1, 1, FAR / 2));
        offer(queue, task(2, 1, FAR));
        offer(queue, task(3, 1, FAR / 2));

        assertThat(take(queue, 8)).containsExactly("1@0+1", "3@0+1", "0@0+1", "2@0+1");
    }

    @Test
    void aTaskThatIsPartlyTakenIsNeverOvertaken() {
        BatchQueue<FakeTask> queue = queue(4);
        offer(queue, task(0, 10, FAR));
        assertThat(take(queue, 4)).containsExactly("0@0+4");

        offer(queue, task(1, 1, FAR / 2));
        offer(queue, new FakeTask(2, 1, new Deadline(NOW + FAR / 3, false), Priority.HIGH));

        assertThat(take(queue, 4)).containsExactly("0@4+4");
        assertThat(take(queue, 4)).containsExactly("0@8+2", "2@0+1", "1@0+1");
        assertThat(queue.rows()).isZero();
    }

    @Test
    void aTaskThatIsTooLargeIsCutIntoPiecesAsLargeAsBatchesMayBe() {
        BatchQueue<FakeTask> queue = queue(64);
        offer(queue, task(0, 150, FAR));

        // What is asked for is a batch that is kept small for its sharers' sake.
        assertThat(take(queue, 8)).containsExactly("0@0+64");
        assertThat(take(queue, 8)).containsExactly("0@64+64");
        assertThat(take(queue, 8)).containsExactly("0@128+22");
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aTaskThatFitsIsNotCut() {
        BatchQueue<FakeTask> queue = queue(64);
        offer(queue, task(0, 6, FAR / 2));
        offer(queue, task(1, 6, FAR));

        assertThat(take(queue, 8)).containsExactly("0@0+6");
        assertThat(take(queue, 4)).as("alone, and larger than asked for").containsExactly("1@0+6");
    }

    @Test
    void everyRowLeavesOnceAndTasksLeaveInOrder() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            BatchQueue<FakeTask> queue = queue(8);
            List<FakeTask> tasks = new ArrayList<>();
            for (int id = 0; id < 40; id++) {
                FakeTask task = task(id, 1 + random.nextInt(20), FAR / 10 * (1 + random.nextInt(9)));
                tasks.add(task);
                offer(queue, task);
            }
            List<Integer> left = new ArrayList<>();
            int[] rows = new int[40];
            while (!queue.isEmpty()) {
                for (Slice<FakeTask> slice : queue.take(1 + random.nextInt(8), NOW, DeviceState.IDLE)
                        .batch()
                        .slices()) {
                    assertThat(slice.from()).isEqualTo(rows[slice.task().id]);
                    rows[slice.task().id] += slice.rows();
                    if (slice.from() == 0) {
                        left.add(slice.task().id);
                    }
                }
            }
            assertThat(left)
                    .isEqualTo(tasks.stream()
                            .sorted(Comparator.comparingLong(
                                    task -> task.deadline().atNanos()))
                            .map(task -> task.id)
                            .toList());
            assertThat(tasks).allSatisfy(task -> assertThat(rows[task.id]).isEqualTo(task.size()));
            assertThat(queue.rows()).isZero();
        }
    }
}
