package dev.hearth.engine.metrics;

/** Passes every report on; subclasses say to whom, and do more with those they are interested in. */
public abstract class ForwardingSignatureMetrics implements SignatureMetrics {

    /** Who is told; must be as quick as a report. */
    protected abstract SignatureMetrics to();

    @Override
    public void begun() {
        to().begun();
    }

    @Override
    public void answered(long totalNanos, String outcome) {
        to().answered(totalNanos, outcome);
    }

    @Override
    public void queued(long nanos) {
        to().queued(nanos);
    }

    @Override
    public void ran(long nanos) {
        to().ran(nanos);
    }

    @Override
    public void executed(int requests, int rows, long inputNanos, long modelNanos, long outputNanos) {
        to().executed(requests, rows, inputNanos, modelNanos, outputNanos);
    }

    @Override
    public void cacheAsked(boolean hit, long nanos) {
        to().cacheAsked(hit, nanos);
    }

    @Override
    public void batchedInput(int rows, int inputs) {
        to().batchedInput(rows, inputs);
    }

    @Override
    public void examples(int count) {
        to().examples(count);
    }

    @Override
    public void batch(int rows, int padding) {
        to().batch(rows, padding);
    }

    @Override
    public void batchStarted(String reason) {
        to().batchStarted(reason);
    }

    @Override
    public void refused(String reason) {
        to().refused(reason);
    }

    @Override
    public void predicted(long lateNanos) {
        to().predicted(lateNanos);
    }

    @Override
    public void batching(int rows, double marginNanos) {
        to().batching(rows, marginNanos);
    }
}
