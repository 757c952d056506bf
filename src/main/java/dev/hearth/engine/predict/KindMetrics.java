package dev.hearth.engine.predict;

import dev.hearth.engine.metrics.SignatureMetrics;

/**
 * Passes on what a policy reports, to the signature whose request of that kind came last: policies are made before the first
 * request, and signatures that feed and fetch the same tensors share one. Thread-safe.
 */
final class KindMetrics implements SignatureMetrics {

    private volatile SignatureMetrics signature = NONE;

    void passTo(SignatureMetrics metrics) {
        if (signature != metrics) {
            signature = metrics;
        }
    }

    @Override
    public void batchStarted(String reason) {
        signature.batchStarted(reason);
    }

    @Override
    public void refused(String reason) {
        signature.refused(reason);
    }

    @Override
    public void predicted(long lateNanos) {
        signature.predicted(lateNanos);
    }

    @Override
    public void batching(int rows, double marginNanos) {
        signature.batching(rows, marginNanos);
    }
}
