package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static dev.hearth.engine.servable.ServableState.ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.servable.ResourceEstimate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ResourceBudgetTest {

    private static final ManagerOptions HUNDRED_BYTES =
            ManagerOptions.defaults().withBudget(new ResourceEstimate(100, 0)).withRetries(1, Duration.ofSeconds(60));

    @Test
    void refusesWhatDoesNotFitWithTheNumbers() {
        try (ManagerFixture f = new ManagerFixture(HUNDRED_BYTES.withRetries(0, Duration.ZERO))) {
            f.loaders.estimating(v(1), 60).estimating(v(2), 50);
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.aspire(1, 2);
            ServingException error = f.log.await(v(2), ERROR).error();
            assertThat(error)
                    .hasMessage(
                            "Insufficient resources to load servable {name: m version: 2}: needs 50 bytes, 60 of 100"
                                    + " in use")
                    .extracting(e -> ((ServingException) e).code())
                    .isEqualTo(ErrorCode.RESOURCE_EXHAUSTED);
            assertThat(f.loaders.loads(v(2))).isZero();
        }
    }

    @Test
    void givesBackWhatIsUnloadedAndTriesThoseThatLackedItAtOnce() {
        try (ManagerFixture f = new ManagerFixture(HUNDRED_BYTES)) {
            ServableId other = new ServableId(new ModelName("other"), 1);
            f.loaders.estimating(v(1), 60).estimating(other, 80);
            f.aspire(1);
            f.log.await(v(1), AVAILABLE);
            f.manager.setAspired(ManagerFixture.wish(other.name(), 1));
            f.log.awaitFailedTry(other, 1);
            f.aspire();
            f.log.await(other, AVAILABLE);
            assertThat(f.manager.resourcesInUse()).isEqualTo(new ResourceEstimate(80, 0));
            assertThat(f.scheduler.pending()).isZero();
        }
    }

    @Test
    void aFailedLoadGivesItsMemoryBack() {
        try (ManagerFixture f = new ManagerFixture(HUNDRED_BYTES)) {
            f.loaders.estimating(v(1), 60).failing(v(1), ServingException.notFound("nothing"));
            f.aspire(1);
            f.log.awaitFailedTry(v(1), 1);
            assertThat(f.manager.resourcesInUse()).isEqualTo(ResourceEstimate.NONE);
            f.scheduler.advance(Duration.ofSeconds(60));
            f.log.await(v(1), AVAILABLE);
            assertThat(f.manager.resourcesInUse()).isEqualTo(new ResourceEstimate(60, 0));
            f.aspire();
            f.log.await(v(1), END);
            assertThat(f.manager.resourcesInUse()).isEqualTo(ResourceEstimate.NONE);
        }
    }

    @Test
    void countsTheDeviceApart() {
        ResourceTracker tracker = new ResourceTracker(java.util.Optional.of(new ResourceEstimate(Long.MAX_VALUE, 10)));
        tracker.reserve(new ServableId(M, 1), new ResourceEstimate(Long.MAX_VALUE, 6));
        assertThat(tracker.fits(new ResourceEstimate(0, 4))).isTrue();
        assertThat(tracker.fits(new ResourceEstimate(1, 0))).isFalse();
        assertThat(tracker.fits(new ResourceEstimate(0, 5))).isFalse();
    }
}
