package dev.hearth.engine.golden;

import dev.hearth.engine.error.RejectedVersionException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.golden.GoldenRecords.Golden;
import dev.hearth.engine.golden.GoldenRecords.GoldenRecord;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;

/**
 * Asks a version what it must answer, in the calling thread and past all queues; before it serves. Thread-safe.
 */
public final class GoldenCheck {

    private static final Logger LOG = Logger.getLogger(GoldenCheck.class);

    private static final int MOST_TOLD = 3;

    private final GoldenRecords records;
    private final Predictor predictor = new Predictor((handle, request, metrics) -> run(handle.servable(), request));

    public GoldenCheck(GoldenRecords records) {
        this.records = records;
    }

    private static CompletableFuture<List<dev.hearth.engine.tensor.Tensor>> run(Servable servable, RunRequest request) {
        try {
            return CompletableFuture.completedFuture(servable.run(request));
        } catch (Throwable t) {
            return CompletableFuture.failedFuture(ServingException.from(t));
        }
    }

    /** Whoever checks a version keeps it loaded. */
    private record Unleased(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }

    /**
     * Lets a version pass, or not.
     *
     * @throws RejectedVersionException saying what differs
     * @throws ServingException where the records cannot be read
     */
    public void require(ServableId id, Servable servable, Path folder) {
        Optional<GoldenReport> report = check(id, servable, folder);
        if (report.isEmpty()) {
            return;
        }
        if (!report.get().passed()) {
            throw new RejectedVersionException(report.get().toString());
        }
        LOG.infof("%s: %s", id, report.get());
    }

    /** How the version does; empty where it brought no records. */
    public Optional<GoldenReport> check(ServableId id, Servable servable, Path folder) {
        Optional<Golden> found = records.open(folder);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (Golden golden = found.get()) {
            int asked = 0;
            int differing = 0;
            List<String> differences = new ArrayList<>();
            while (golden.hasNext()) {
                GoldenRecord record = golden.next();
                asked++;
                Optional<String> difference = difference(record, new Unleased(id, servable), golden.tolerances());
                if (difference.isPresent()) {
                    differing++;
                    if (differences.size() < MOST_TOLD) {
                        differences.add("record " + asked + ", " + difference.get());
                    }
                }
            }
            return Optional.of(new GoldenReport(golden.location(), asked, differing, differences));
        }
    }

    private Optional<String> difference(GoldenRecord record, ServableHandle handle, Tolerances tolerances) {
        Object answer;
        try {
            answer = record.request().ask(predictor, handle).join();
        } catch (CompletionException e) {
            ServingException error = ServingException.from(e);
            return Optional.of("is answered " + error.code() + ": " + error.getMessage());
        }
        return AnswerComparison.difference(record.wanted(), AnswerTensors.of(answer), tolerances);
    }
}
