package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StatusBoardTest {

    private final StatusBoard board = new StatusBoard(ServingMetrics.NONE);

    @Test
    void forgetsTheOldestOfManyEndedVersionsButNoneThatLives() {
        board.changed(null, status(0, ServableState.AVAILABLE, 0));
        for (int version = 1; version <= StatusBoard.ENDED_KEPT + 5; version++) {
            board.changed(ServableState.UNLOADING, status(version, ServableState.END, version));
        }
        assertThat(board.of(M)).hasSize(StatusBoard.ENDED_KEPT + 1);
        assertThat(board.of(M).get(0).id()).isEqualTo(v(StatusBoard.ENDED_KEPT + 5));
        assertThat(board.of(M))
                .extracting(s -> s.id().version())
                .contains(0L, 6L)
                .doesNotContain(1L, 5L);
    }

    @Test
    void aFailingListenerDoesNotKeepOthersFromHearing() {
        StateLog log = new StateLog();
        board.listen(status -> {
            throw new IllegalStateException("deaf");
        });
        Runnable stop = board.listen(log);
        board.changed(null, status(1, ServableState.NEW, 1));
        stop.run();
        board.changed(ServableState.NEW, status(1, ServableState.LOADING, 2));
        assertThat(log.states(v(1))).containsExactly(ServableState.NEW);
    }

    @Test
    void findsTheHighestFailure() {
        board.changed(null, failed(1, ServingException.notFound("one")));
        board.changed(null, failed(2, ServingException.notFound("two")));
        board.changed(null, failed(3, ServingException.cancelled("Loading of servable cancelled")));
        assertThat(board.failure(M, VersionSelector.LATEST)).isNotNull().satisfies(s -> assertThat(s.id())
                .isEqualTo(v(2)));
        assertThat(board.failure(M, new VersionSelector.Exact(1))).isNotNull();
        assertThat(board.failure(M, new VersionSelector.Exact(3))).isNull();
    }

    private static ServableStatus status(long version, ServableState state, int second) {
        return new ServableStatus(v(version), state, Instant.ofEpochSecond(second), null, 1, null, null);
    }

    private static ServableStatus failed(long version, ServingException error) {
        return new ServableStatus(v(version), ServableState.ERROR, Instant.EPOCH, error, 1, null, null);
    }
}
