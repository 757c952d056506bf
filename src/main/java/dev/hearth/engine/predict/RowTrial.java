package dev.hearth.engine.predict;

import dev.hearth.engine.cache.KeyForm;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Priority;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Runs a request of several rows as a whole, in pieces of two rows and more, and some of its rows alone, and compares to the
 * last bit. A matrix product of one row is summed in another order than one of several, so that rows alone may differ where
 * pieces do not. Costs a few runs beside the requests; made a few times for each kind of requests that is cached.
 */
final class RowTrial {

    private static final int MOST_SINGLES = 4;

    private RowTrial() {}

    /** Whether the request can show anything: its first row differs from another. */
    static boolean tells(RunRequest request) {
        for (Feed feed : request.feeds()) {
            Tensor first = feed.value().slice(0, 1);
            for (long row = 1; row < feed.value().rows(); row++) {
                if (!RowwiseCheck.equal(first, feed.value().slice(row, 1))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** @param lease given away */
    static void begin(CachedKind kind, Execution alone, ServableHandle lease, RunRequest request, int rows) {
        int singles = Math.min(rows, MOST_SINGLES);
        List<CompletableFuture<List<Tensor>>> runs = new ArrayList<>();
        try {
            runs.add(run(alone, lease, request, 0, rows, false));
            runs.add(run(alone, lease, request, 0, 1, true));
            runs.add(run(alone, lease, request, 1, rows - 1, rows == 2));
            for (int row = 0; row < singles; row++) {
                runs.add(run(alone, lease, request, row, 1, false));
            }
        } catch (RuntimeException e) {
            kind.givenUp();
            lease.close();
            return;
        }
        var unused = CompletableFuture.allOf(runs.toArray(new CompletableFuture<?>[0]))
                .whenComplete((done, failure) -> {
                    lease.close();
                    if (failure == null) {
                        kind.tried(compare(
                                runs.stream().map(CompletableFuture::join).toList(), rows, singles));
                    } else {
                        kind.givenUp();
                    }
                });
    }

    private static CompletableFuture<List<Tensor>> run(
            Execution alone, ServableHandle lease, RunRequest request, int from, int count, boolean twice) {
        List<Feed> feeds = new ArrayList<>(request.feeds().size());
        for (Feed feed : request.feeds()) {
            Tensor piece = feed.value().slice(from, count);
            feeds.add(new Feed(feed.tensorName(), twice ? Tensor.concat(List.of(piece, piece)) : piece));
        }
        return alone.run(
                lease,
                new RunRequest(feeds, request.fetches(), request.deadline(), Priority.LOW, true),
                SignatureMetrics.NONE);
    }

    private static KeyForm compare(List<List<Tensor>> answers, int rows, int singles) {
        List<Tensor> whole = answers.get(0);
        int rest = rows == 2 ? 2 : rows - 1;
        if (!CachedExecution.areRows(whole, rows)
                || !same(whole, 0, answers.get(1), 1, 2)
                || !same(whole, 1, answers.get(2), rows - 1, rest)) {
            return KeyForm.WHOLE;
        }
        for (int row = 0; row < singles; row++) {
            if (!same(whole, row, answers.get(3 + row), 1, 1)) {
                return KeyForm.ROW;
            }
        }
        return KeyForm.ROW_OR_REQUEST;
    }

    /** Whether the first {@code count} of {@code all} rows of a piece are those of the whole. */
    private static boolean same(List<Tensor> whole, int from, List<Tensor> piece, int count, int all) {
        if (!CachedExecution.areRows(piece, all)) {
            return false;
        }
        for (int i = 0; i < whole.size(); i++) {
            if (!RowwiseCheck.equal(
                    whole.get(i).slice(from, count), piece.get(i).slice(0, count))) {
                return false;
            }
        }
        return true;
    }
}
