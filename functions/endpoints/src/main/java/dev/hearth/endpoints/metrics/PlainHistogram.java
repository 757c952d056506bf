package dev.hearth.endpoints.metrics;

import java.util.concurrent.atomic.LongAdder;

/** Counts values into buckets that grow by a factor, as TensorFlow's exponential buckets do. Thread-safe, no lock. */
final class PlainHistogram {

    private final double[] limits;
    private final LongAdder[] counts;
    private final LongAdder sum = new LongAdder();

    /**
     * @param scale upper limit of the first bucket
     * @param growth factor between limits
     * @param buckets number of limits; one more bucket takes what is beyond
     */
    PlainHistogram(double scale, double growth, int buckets) {
        limits = new double[buckets];
        counts = new LongAdder[buckets + 1];
        double limit = scale;
        for (int i = 0; i < buckets; i++) {
            limits[i] = limit;
            limit *= growth;
        }
        for (int i = 0; i <= buckets; i++) {
            counts[i] = new LongAdder();
        }
    }

    void record(long value) {
        int low = 0;
        int high = limits.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (value < limits[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        counts[low].increment();
        sum.add(value);
    }

    /** Appends the cumulative bucket lines, the sum and the count, with the given labels (without braces). */
    void print(StringBuilder page, String name, String labels) {
        long cumulative = 0;
        for (int i = 0; i < counts.length; i++) {
            cumulative += counts[i].sum();
            String limit = i < limits.length ? TfMetricsPage.number(limits[i]) : "+Inf";
            page.append(name).append("_bucket{").append(labels);
            if (!labels.isEmpty()) {
                page.append(',');
            }
            page.append("le=\"").append(limit).append("\"} ").append(cumulative).append('\n');
        }
        page.append(name)
                .append("_sum{")
                .append(labels)
                .append("} ")
                .append(sum.sum())
                .append('\n');
        page.append(name)
                .append("_count{")
                .append(labels)
                .append("} ")
                .append(cumulative)
                .append('\n');
    }
}
