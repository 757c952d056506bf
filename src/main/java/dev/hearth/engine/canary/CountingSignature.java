package dev.hearth.engine.canary;

import dev.hearth.engine.canary.Canaries.CanarySink;
import dev.hearth.engine.metrics.ForwardingSignatureMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;

/** Passes everything on, and tells how requests end. */
final class CountingSignature extends ForwardingSignatureMetrics {

    private final SignatureMetrics to;
    private final CanarySink sink;

    CountingSignature(SignatureMetrics to, CanarySink sink) {
        this.to = to;
        this.sink = sink;
    }

    @Override
    protected SignatureMetrics to() {
        return to;
    }

    @Override
    public void answered(long totalNanos, String outcome) {
        super.answered(totalNanos, outcome);
        sink.answered(totalNanos, outcome);
    }
}
