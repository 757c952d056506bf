package dev.hearth.backend.tensorflow;

import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What distinguishes plans: the names that are fed and fetched, in order. */
final class PlanKey {

    private final List<Feed> feeds;
    private final List<String> fetches;
    private final int hash;

    PlanKey(RunRequest request) {
        this(request.feeds(), request.fetches());
    }

    private PlanKey(List<Feed> feeds, List<String> fetches) {
        this.feeds = feeds;
        this.fetches = fetches;
        int sum = fetches.hashCode();
        for (int i = 0; i < feeds.size(); i++) {
            sum = 31 * sum + feeds.get(i).tensorName().hashCode();
        }
        this.hash = sum;
    }

    /** The same key without the request's tensors, for keeping. */
    PlanKey detached() {
        return new PlanKey(
                feeds.stream()
                        .map(feed -> new Feed(feed.tensorName(), NativeTensors.EMPTY))
                        .toList(),
                List.copyOf(fetches));
    }

    PlanKey withFetches(List<String> others) {
        return new PlanKey(feeds, others).detached();
    }

    boolean hasFeedsOf(PlanKey other) {
        return feedNames().equals(other.feedNames());
    }

    List<String> feedNames() {
        return feeds.stream().map(Feed::tensorName).toList();
    }

    List<String> fetches() {
        return fetches;
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof PlanKey key)
                || key.hash != hash
                || key.feeds.size() != feeds.size()
                || !key.fetches.equals(fetches)) {
            return false;
        }
        for (int i = 0; i < feeds.size(); i++) {
            if (!key.feeds.get(i).tensorName().equals(feeds.get(i).tensorName())) {
                return false;
            }
        }
        return true;
    }
}
