package dev.hearth.engine.predict;

import dev.hearth.engine.metrics.ForwardingSignatureMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;

/**
 * Passes on what a policy reports, to the signature whose request of that kind came last: policies are made before the first
 * request, and signatures that feed and fetch the same tensors share one. Thread-safe.
 */
final class KindMetrics extends ForwardingSignatureMetrics {

    private volatile SignatureMetrics signature = NONE;

    void passTo(SignatureMetrics metrics) {
        if (signature != metrics) {
            signature = metrics;
        }
    }

    @Override
    protected SignatureMetrics to() {
        return signature;
    }
}
