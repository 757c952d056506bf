package dev.hearth.server.trace;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a request's time, in the engine's nanoseconds. Noted by the request's threads, read by the sending one. */
sealed interface TraceStep {

    String name();

    long fromNanos();

    long toNanos();

    /** Of the step's span where others point to it; null = any new one. */
    default @Nullable SpanContext own() {
        return null;
    }

    default Attributes attributes() {
        return Attributes.empty();
    }

    default List<SpanContext> links() {
        return List.of();
    }

    /** Of which there is nothing more to tell. */
    record Plain(String name, long fromNanos, long toNanos) implements TraceStep {}

    /** A tier of the cache was asked. */
    record Cache(long fromNanos, long toNanos, String tier, int known, int missing) implements TraceStep {

        private static final AttributeKey<String> TIER = AttributeKey.stringKey("hearth.cache.tier");
        private static final AttributeKey<Long> KNOWN = AttributeKey.longKey("hearth.cache.known");
        private static final AttributeKey<Long> MISSING = AttributeKey.longKey("hearth.cache.missing");

        @Override
        public String name() {
            return "cache";
        }

        @Override
        public Attributes attributes() {
            return Attributes.of(TIER, tier, KNOWN, (long) known, MISSING, (long) missing);
        }
    }

    /**
     * The model ran, for this request and perhaps for others.
     *
     * @param links requests of the others that are followed
     */
    record Run(long fromNanos, long toNanos, int rows, int padding, SpanContext own, List<SpanContext> links)
            implements TraceStep {

        private static final AttributeKey<Long> ROWS = AttributeKey.longKey("hearth.batch.rows");
        private static final AttributeKey<Long> PADDING = AttributeKey.longKey("hearth.batch.padding");
        private static final AttributeKey<Long> FOLLOWED = AttributeKey.longKey("hearth.batch.followed");

        @Override
        public String name() {
            return links.isEmpty() ? "run" : "batch run";
        }

        @Override
        public Attributes attributes() {
            return Attributes.of(ROWS, (long) rows, PADDING, (long) padding, FOLLOWED, links.size() + 1L);
        }
    }

    /** The model ran for this request in a run that another request of it tells. */
    record Shared(long fromNanos, long toNanos, SpanContext run) implements TraceStep {

        @Override
        public String name() {
            return "run";
        }

        @Override
        public List<SpanContext> links() {
            return List.of(run);
        }
    }
}
