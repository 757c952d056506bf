package dev.hearth.engine.predict;

import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What requests must agree in to share a batch: the loaded servable, the names of feeds and fetches, types, and the
 * shape of a row, or only its rank where rows are padded to the largest. Requests that differ go to other queues, so
 * that nobody's shape can hurt a neighbour. Immutable; keeps the request, unless it is {@link #kept}.
 */
public final class BatchKey {

    private final Object servable;
    private final RunRequest request;
    private final boolean byRank;
    private final int hash;

    /**
     * @param servable compared by identity
     * @param byRank whether rows are padded to the largest, so that only their rank counts
     */
    public BatchKey(Object servable, RunRequest request, boolean byRank) {
        this.servable = servable;
        this.request = request;
        this.byRank = byRank;
        int h = System.identityHashCode(servable);
        for (Feed feed : request.feeds()) {
            Shape shape = feed.value().shape();
            h = 31 * h + feed.tensorName().hashCode();
            h = 31 * h + feed.value().type().ordinal();
            h = 31 * h + shape.rank();
            for (int i = 1; i < shape.rank() && !byRank; i++) {
                h = 31 * h + Long.hashCode(shape.dim(i));
            }
        }
        this.hash = 31 * h + request.fetches().hashCode();
    }

    /** An equal key that keeps no request's memory alive; works for requests with rows. */
    BatchKey kept() {
        List<Feed> shapes = request.feeds().stream()
                .map(feed -> new Feed(
                        feed.tensorName(),
                        Tensor.zeros(feed.value().type(), feed.value().shape().withFirst(0))))
                .toList();
        return new BatchKey(servable, new RunRequest(shapes, request.fetches(), Deadline.NONE), byRank);
    }

    /** Whether the other kind asks for the same outputs of the same inputs, with rows of another size. */
    boolean sameButRows(BatchKey other) {
        if (request.feeds().size() != other.request.feeds().size()
                || !request.fetches().equals(other.request.fetches())) {
            return false;
        }
        for (int i = 0; i < request.feeds().size(); i++) {
            Feed ours = request.feeds().get(i);
            Feed theirs = other.request.feeds().get(i);
            if (!ours.tensorName().equals(theirs.tensorName())
                    || ours.value().type() != theirs.value().type()) {
                return false;
            }
        }
        return true;
    }

    List<String> fetches() {
        return request.fetches();
    }

    /** Elements of a row, over all inputs. */
    long elementsPerRow() {
        return request.feeds().stream()
                .mapToLong(feed -> feed.value().shape().elementsPerRow())
                .sum();
    }

    /** Names, types and shapes, for people and as a name of the kind across restarts. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Feed feed : request.feeds()) {
            text.append(feed.tensorName())
                    .append(' ')
                    .append(feed.value().type().typeName())
                    .append(
                            byRank
                                    ? "rank " + feed.value().shape().rank()
                                    : feed.value().shape().dropFirst())
                    .append(' ');
        }
        return text.append("-> ").append(String.join(" ", request.fetches())).toString();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BatchKey that
                && hash == that.hash
                && servable == that.servable
                && sameFeeds(request.feeds(), that.request.feeds())
                && request.fetches().equals(that.request.fetches());
    }

    private boolean sameFeeds(List<Feed> ours, List<Feed> theirs) {
        if (ours.size() != theirs.size()) {
            return false;
        }
        for (int i = 0; i < ours.size(); i++) {
            Feed a = ours.get(i);
            Feed b = theirs.get(i);
            DataType type = a.value().type();
            if (!a.tensorName().equals(b.tensorName()) || type != b.value().type()) {
                return false;
            }
            if (!sameRows(a.value().shape(), b.value().shape())) {
                return false;
            }
        }
        return true;
    }

    private boolean sameRows(Shape a, Shape b) {
        if (a.rank() != b.rank()) {
            return false;
        }
        for (int i = 1; i < a.rank() && !byRank; i++) {
            if (a.dim(i) != b.dim(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
