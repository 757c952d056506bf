package dev.hearth.engine.lifecycle;

import static dev.hearth.engine.lifecycle.LabelRule.ANYWHERE;
import static dev.hearth.engine.lifecycle.LabelRule.AVAILABLE_ONLY;
import static dev.hearth.engine.lifecycle.LabelRule.NEW_LABELS_ANYWHERE;
import static dev.hearth.engine.lifecycle.ManagerFixture.M;
import static dev.hearth.engine.lifecycle.ManagerFixture.v;
import static dev.hearth.engine.servable.ServableState.AVAILABLE;
import static dev.hearth.engine.servable.ServableState.END;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.servable.ServableHandle;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LabelsTest {

    @Test
    void pointToVersions() {
        try (ManagerFixture f = available(1, 2)) {
            f.manager.setLabels(M, Map.of("stable", 1L, "canary", 2L), AVAILABLE_ONLY);
            try (ServableHandle stable = acquire(f, "stable");
                    ServableHandle canary = acquire(f, "canary")) {
                assertThat(stable.id()).isEqualTo(v(1));
                assertThat(canary.id()).isEqualTo(v(2));
            }
            assertThat(f.manager.labels(M)).isEqualTo(Map.of("stable", 1L, "canary", 2L));
        }
    }

    @Test
    void needAnAvailableVersion() {
        try (ManagerFixture f = available(1)) {
            f.manager.setLabels(M, Map.of("stable", 1L), AVAILABLE_ONLY);
            assertThatThrownBy(() -> f.manager.setLabels(M, Map.of("stable", 1L, "canary", 9L), AVAILABLE_ONLY))
                    .hasMessage("Request to assign label to version 9 of model m, which is not currently available for"
                            + " inference")
                    .extracting(e -> ((ServingException) e).code())
                    .isEqualTo(ErrorCode.FAILED_PRECONDITION);
            assertThat(f.manager.labels(M)).isEqualTo(Map.of("stable", 1L));
        }
    }

    @Test
    void whereUnavailableVersionsAreAllowedOnlyNewLabelsMayPointThere() {
        try (ManagerFixture f = available(1)) {
            f.manager.setLabels(M, Map.of("stable", 1L, "next", 9L), NEW_LABELS_ANYWHERE);
            f.manager.setLabels(M, Map.of("stable", 1L, "next", 9L, "later", 10L), NEW_LABELS_ANYWHERE);
            assertThatThrownBy(() -> f.manager.setLabels(M, Map.of("stable", 9L), NEW_LABELS_ANYWHERE))
                    .hasMessageContaining("version 9 of model m");
            f.manager.setLabels(M, Map.of("next", 1L), NEW_LABELS_ANYWHERE);
            assertThat(f.manager.labels(M)).isEqualTo(Map.of("next", 1L));
            f.manager.setLabels(M, Map.of("next", 77L), ANYWHERE);
        }
    }

    @Test
    void toAnUnloadedVersionNameThatVersion() {
        try (ManagerFixture f = available(1)) {
            f.manager.setLabels(M, Map.of("stable", 1L), AVAILABLE_ONLY);
            f.aspire(2);
            f.log.await(v(1), END);
            assertThatThrownBy(() -> acquire(f, "stable"))
                    .hasMessage("Servable not found for request: Specific(m, 1)")
                    .extracting(e -> ((ServingException) e).code())
                    .isEqualTo(ErrorCode.NOT_FOUND);
        }
    }

    @Test
    void goWithTheirConfiguration() {
        try (ManagerFixture f = available(1)) {
            f.manager.setLabels(M, Map.of("stable", 1L), AVAILABLE_ONLY);
            f.manager.setLabels(M, Map.of(), AVAILABLE_ONLY);
            assertThatThrownBy(() -> acquire(f, "stable")).hasMessage("Unrecognized servable version label: stable");
        }
    }

    /** The label moves to a version that is there before the other goes: whoever asks by label is never refused. */
    @Test
    void moveWithoutAGap() {
        ManagerFixture f = available(0);
        f.manager.setLabels(M, Map.of("stable", 0L), AVAILABLE_ONLY);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> client = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                acquire(f, "stable").close();
            }
        });
        for (long version = 1; version <= 50; version++) {
            f.aspire(version - 1, version);
            f.log.await(v(version), AVAILABLE);
            f.manager.setLabels(M, Map.of("stable", version), AVAILABLE_ONLY);
            f.aspire(version);
            f.log.await(v(version - 1), END);
        }
        over.set(true);
        ManagerFixture.join(client);
        f.close();
    }

    private static ServableHandle acquire(ManagerFixture f, String label) {
        return f.manager.acquire(M, new VersionSelector.Label(label));
    }

    private static ManagerFixture available(long... versions) {
        ManagerFixture f = new ManagerFixture();
        f.aspire(versions);
        for (long version : versions) {
            f.log.await(v(version), AVAILABLE);
        }
        return f;
    }
}
