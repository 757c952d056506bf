package dev.hearth.server.trace;

import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Lets OpenTelemetry read headers that are given as a function of their names. */
final class Headers implements TextMapGetter<UnaryOperator<@Nullable String>> {

    @Override
    public Iterable<String> keys(UnaryOperator<@Nullable String> carrier) {
        return List.of("traceparent", "tracestate");
    }

    @Override
    public @Nullable String get(@Nullable UnaryOperator<@Nullable String> carrier, String key) {
        return carrier == null ? null : carrier.apply(key);
    }
}
