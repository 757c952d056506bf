package dev.hearth.engine.canary;

import dev.hearth.engine.canary.Canaries.CanarySink;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Hands out recorders that also tell trials how requests end; what else the engine reports goes elsewhere. */
final class CountingMetrics implements ServingMetrics {

    private final ServingMetrics to;
    private final Function<ServableId, @Nullable CanarySink> sinks;

    CountingMetrics(ServingMetrics to, Function<ServableId, @Nullable CanarySink> sinks) {
        this.to = to;
        this.sinks = sinks;
    }

    @Override
    public SignatureMetrics signature(ServableId id, String signatureName) {
        SignatureMetrics recorder = to.signature(id, signatureName);
        CanarySink sink = sinks.apply(id);
        return sink == null ? recorder : new CountingSignature(recorder, sink);
    }
}
