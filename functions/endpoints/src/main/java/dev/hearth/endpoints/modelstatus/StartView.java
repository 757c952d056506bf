package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hearth.engine.start.StartTimeline;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The phases of the process's start; times are milliseconds since the process began.
 *
 * @param readyMillis when the models first configured were served; absent before
 * @param phases those that have ended; some ran beside each other
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StartView(@Nullable Long readyMillis, List<Phase> phases) {

    /** One phase by its name. */
    public record Phase(String phase, long beginMillis, long endMillis) {}

    static StartView of(StartTimeline start) {
        long ready = start.readyAfter().toMillis();
        return new StartView(
                ready == 0 ? null : ready,
                start.spans().stream()
                        .map(span -> new Phase(
                                span.phase().text(),
                                span.begin().toMillis(),
                                span.end().toMillis()))
                        .toList());
    }
}
