package dev.hearth.loadtests.drive;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Latency over time: one histogram for every slice of a measured run. Read it after the run only. */
public final class Timeline {

    private final long sliceNanos;
    private final List<Histogram> slices = new ArrayList<>();

    public Timeline(long sliceNanos) {
        this.sliceNanos = sliceNanos;
    }

    void add(long sinceStart, long latencyNanos) {
        int index = (int) (sinceStart / sliceNanos);
        while (slices.size() <= index) {
            slices.add(new Histogram(120_000_000, 2));
        }
        slices.get(index).recordValue(Math.min(120_000_000, latencyNanos / 1000));
    }

    /** Latencies in microseconds of the requests meant for this part of the run. */
    public Histogram between(double fromSeconds, double toSeconds) {
        Histogram sum = new Histogram(120_000_000, 2);
        for (int i = 0; i < slices.size(); i++) {
            double at = i * sliceNanos / 1e9;
            if (at >= fromSeconds && at < toSeconds) {
                sum.add(slices.get(i));
            }
        }
        return sum;
    }

    public int slices() {
        return slices.size();
    }

    public double secondsOf(int slice) {
        return slice * sliceNanos / 1e9;
    }

    public Histogram slice(int index) {
        return slices.get(index);
    }
}
