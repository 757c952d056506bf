package dev.hearth.endpoints.modelstatus;

import static dev.hearth.endpoints.modelstatus.BatchingSentences.millis;

import dev.hearth.endpoints.modelstatus.BatchingView.Done;
import dev.hearth.endpoints.modelstatus.BatchingView.Kind;
import dev.hearth.endpoints.modelstatus.BatchingView.Now;
import dev.hearth.endpoints.modelstatus.BatchingView.Prediction;
import dev.hearth.endpoints.modelstatus.BatchingView.Profile;
import dev.hearth.endpoints.modelstatus.BatchingView.Version;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.SelfTuningBatchPolicy.Report;
import dev.hearth.engine.batching.SelfTuningOptions;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.predict.RowFinding;
import dev.hearth.engine.predict.SelfTuningExecution;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.servable.ServableState;
import dev.hearth.engine.servable.ServableStatus;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns what the engine knows of batching into the page that explains it. Thread-safe, never blocks for long. */
@Singleton
public class BatchingExplanation {

    private final ServingEngine engine;
    private final ModelQueries queries;

    BatchingExplanation(ServingEngine engine, ModelQueries queries) {
        this.engine = engine;
        this.queries = queries;
    }

    /** Of a model that the engine knows. */
    BatchingView of(ModelName name) {
        Optional<SelfTuningExecution> tuning = engine.selfTuning();
        if (tuning.isEmpty()) {
            boolean fixed = engine.fixedBatching();
            return new BatchingView(
                    name.value(),
                    fixed ? "tensorflow-serving" : "off",
                    fixed ? BatchingSentences.FIXED : BatchingSentences.OFF,
                    null,
                    null,
                    null,
                    versions(name, handle -> fixed ? fixed(handle) : version(handle, BatchingSentences.OFF)));
        }
        SelfTuningOptions options = tuning.get().options(name);
        return new BatchingView(
                name.value(),
                "self-tuning",
                BatchingSentences.SELF_TUNING,
                tuning.get().threads(),
                options.slo().map(BatchingSentences::millis).orElse(null),
                options.maxRows(),
                versions(name, handle -> learned(handle, tuning.get().explain(handle), options.maxRows())));
    }

    private List<Version> versions(ModelName name, Function<ServableHandle, Version> view) {
        return engine.statuses(name).stream()
                .filter(status -> status.state() == ServableState.AVAILABLE)
                .map(status -> leased(status, view))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Empty where the version went away in between. */
    private Optional<Version> leased(ServableStatus status, Function<ServableHandle, Version> view) {
        return queries.leaseNow(status.id()).map(lease -> {
            try (ServableHandle handle = lease) {
                return view.apply(handle);
            }
        });
    }

    private Version fixed(ServableHandle handle) {
        Optional<BatchingOptions> options = engine.fixedBatching(handle.id());
        return version(handle, options.map(BatchingSentences::fixed).orElse(BatchingSentences.NO_PARAMETERS));
    }

    private static Version version(ServableHandle handle, String summary) {
        return new Version(handle.id().version(), summary, null);
    }

    private static Version learned(ServableHandle handle, List<Explained> kinds, int maxRows) {
        return new Version(
                handle.id().version(),
                kinds.isEmpty() ? BatchingSentences.NOT_ASKED : null,
                kinds.stream().map(kind -> kind(kind, maxRows)).toList());
    }

    private static Kind kind(Explained kind, int maxRows) {
        Report report = kind.report();
        return new Kind(
                kind.name(),
                BatchingSentences.of(kind, maxRows),
                rows(kind.rowwise()),
                profile(kind, report, report.profile()),
                new Now(
                        report.batchRows(),
                        report.mostRows(),
                        report.atOnce(),
                        Math.round(100 * report.pace()) / 100.0,
                        report.usualTime() == null ? null : millis(report.usualTime()),
                        kind.waitingRows(),
                        kind.running()),
                new Done(
                        report.batches(),
                        report.rows(),
                        report.batches() == 0 ? 0 : Math.round(10.0 * report.rows() / report.batches()) / 10.0,
                        counts(report.starts(), reason -> reason.label()),
                        counts(report.refusals(), reason -> reason.label())),
                new Prediction(
                        millis(report.meanError()),
                        millis(report.deviation()),
                        millis(report.margin()),
                        report.answers(),
                        report.late()));
    }

    private static Profile profile(Explained kind, Report report, @Nullable Measured measured) {
        Map<Integer, Double> times = new LinkedHashMap<>();
        for (int i = 0; measured != null && i < measured.rows().size(); i++) {
            times.put(
                    measured.rows().get(i), millis((double) measured.runNanos().get(i)));
        }
        return new Profile(
                kind.source().name().toLowerCase(Locale.ROOT),
                report.bestRows(),
                report.bestAtOnce(),
                times,
                measured == null
                        ? List.of()
                        : measured.slowdowns().stream()
                                .map(factor -> Math.round(100 * factor) / 100.0)
                                .toList());
    }

    private static String rows(RowFinding finding) {
        return switch (finding) {
            case UNKNOWN -> "unknown";
            case EQUAL_REQUESTS_ONLY -> "watched";
            case ROWWISE -> "independent";
            case DEPENDENT -> "dependent";
        };
    }

    private static <E extends Enum<E>> Map<String, Long> counts(Map<E, Long> counts, Function<E, String> label) {
        return new TreeMap<>(counts.entrySet().stream()
                .collect(Collectors.toMap(count -> label.apply(count.getKey()), Map.Entry::getValue)));
    }
}
