package dev.hearth.server.backlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.server.backlog.Backlog.Bounds;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BacklogTest {

    private static final Duration LONG = Duration.ofHours(1);

    private final LinkedBlockingQueue<List<String>> done = new LinkedBlockingQueue<>();

    @Test
    void whatComesSoonAfterTheFirstIsDoneWithIt() throws InterruptedException {
        try (Backlog<String> backlog = new Backlog<>("test", new Bounds(10, 3, LONG), done::add)) {
            backlog.offer("a");
            backlog.offer("b");
            backlog.offer("c");

            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void waitsNoLongerThanItsPauseForOthers() throws InterruptedException {
        try (Backlog<String> backlog = new Backlog<>("test", new Bounds(10, 3, Duration.ofMillis(1)), done::add)) {
            backlog.offer("a");
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("a");
            backlog.offer("b");
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("b");
        }
    }

    @Test
    void whatIsBeyondTheBoundIsDroppedAndCounted() throws InterruptedException {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (Backlog<String> backlog = new Backlog<>("test", new Bounds(4, 2, Duration.ofMillis(1)), bundle -> {
            working.countDown();
            await(goOn);
            done.add(bundle);
        })) {
            backlog.offer("a");
            await(working);
            for (int i = 0; i < 4 + 3; i++) {
                backlog.offer("b");
            }

            assertThat(backlog.dropped()).isEqualTo(3);
            goOn.countDown();
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("a");
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("b", "b");
        }
    }

    @Test
    void aBundleThatFailsTakesNoOtherWithIt() throws InterruptedException {
        try (Backlog<String> backlog = new Backlog<>("test", new Bounds(10, 2, Duration.ofMillis(1)), bundle -> {
            done.add(bundle);
            throw new IllegalStateException("no room");
        })) {
            backlog.offer("a");
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("a");
            backlog.offer("b");
            assertThat(done.poll(60, TimeUnit.SECONDS)).containsExactly("b");
        }
    }

    @Test
    void doesWhatWaitsBeforeItEndsAndNothingAfterwards() {
        Backlog<String> backlog = new Backlog<>("test", new Bounds(10, 5, LONG), done::add);
        backlog.offer("a");
        backlog.close();
        backlog.offer("b");

        assertThat(done).containsExactly(List.of("a"));
        assertThat(backlog.dropped()).isEqualTo(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
