package dev.hearth.engine.batching;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of how long batches of one kind take: alone, by their size, and how much slower they are when several run
 * at once.
 *
 * <p>Times are kept at sizes 1, 2, 4 ... up to the largest batch and interpolated between, which is exact for a + c rows
 * and follows models that are not so regular. Measuring before service fills the table; in service each batch moves the
 * entries next to its size a little (weight 0.05 once settled), so that one odd run changes nothing and a machine that
 * became slower is noticed within some dozen batches. Entries never fall with size.
 *
 * <p>Sources: affine times as learned by BentoML's dispatcher; predictability as the ground for refusing, from Clockwork
 * (OSDI 2020); size buckets for what is not affine, from ORLOJ.
 *
 * <p>Not thread-safe: once in use, the scheduler's lock guards it.
 */
public final class ServiceProfile {

    private static final double SETTLED = 0.05;
    private static final double SETTLED_TOGETHER = 0.02;

    /** After so many observations an entry is believed. */
    private static final int FIRST_LOOKS = 3;

    /** What was measured has had its first, most moving observations. */
    private static final int MEASURED = 50;

    /** How batches get on beside each other is easily measured wrongly on a machine that has just started. */
    private static final int MEASURED_TOGETHER = 16;

    private final double[] nanos;
    private final int[] seen;
    private final double[] slowdown;
    private final int[] seenTogether;
    private boolean known;
    private boolean measuredTogether;
    private boolean padded;

    /**
     * Measured times to begin with.
     *
     * @param rows sizes measured, rising
     * @param runNanos time of a batch of each of these sizes, alone
     * @param slowdowns how many times longer a batch takes as one of 1, 2, 3 ... at once; the first is 1
     */
    public record Measured(List<Integer> rows, List<Long> runNanos, List<Double> slowdowns) {
        public Measured {
            rows = List.copyOf(rows);
            runNanos = List.copyOf(runNanos);
            slowdowns = List.copyOf(slowdowns);
            if (rows.isEmpty() || rows.size() != runNanos.size()) {
                throw new IllegalArgumentException(rows.size() + " sizes with " + runNanos.size() + " times");
            }
            for (int i = 0; i < rows.size(); i++) {
                if (rows.get(i) < 1 || runNanos.get(i) < 1 || (i > 0 && rows.get(i) <= rows.get(i - 1))) {
                    throw new IllegalArgumentException("sizes " + rows + " with times " + runNanos);
                }
            }
            if (slowdowns.isEmpty() || slowdowns.stream().anyMatch(factor -> !(factor >= 1 && factor < 1e6))) {
                throw new IllegalArgumentException("slow-downs " + slowdowns);
            }
        }

        /** The largest size measured. */
        public int largest() {
            return rows.get(rows.size() - 1);
        }
    }

    private ServiceProfile(int maxRows, int threads) {
        if (maxRows > SelfTuningOptions.MOST_ROWS) {
            throw new IllegalArgumentException("a profile of up to " + maxRows + " rows");
        }
        int entries = 1;
        while (1 << (entries - 1) < maxRows) {
            entries++;
        }
        nanos = new double[entries];
        seen = new int[entries];
        slowdown = new double[threads + 1];
        seenTogether = new int[threads + 1];
        for (int atOnce = 0; atOnce <= threads; atOnce++) {
            slowdown[atOnce] = guessedSlowdown(atOnce);
        }
    }

    /** Nothing known: the first batches teach it. */
    public static ServiceProfile unknown(int maxRows, int threads) {
        return new ServiceProfile(maxRows, threads);
    }

    /**
     * Measured times to begin with; beyond the largest size measured they are taken to go on as between the last two.
     *
     * @param maxRows the largest batch that may ever be tried
     */
    public static ServiceProfile of(Measured measured, int maxRows, int threads) {
        ServiceProfile profile = new ServiceProfile(maxRows, threads);
        for (int i = 0; i < profile.nanos.length; i++) {
            profile.nanos[i] = between(measured, 1 << i);
            profile.seen[i] = 1 << i <= measured.largest() ? MEASURED : 0;
        }
        for (int atOnce = 2; atOnce <= threads; atOnce++) {
            List<Double> factors = measured.slowdowns;
            profile.slowdown[atOnce] = atOnce <= factors.size()
                    ? Math.max(profile.slowdown[atOnce - 1], factors.get(atOnce - 1))
                    // Nothing gained beyond what was measured.
                    : profile.slowdown[atOnce - 1] * atOnce / (atOnce - 1);
        }
        Arrays.fill(profile.seenTogether, MEASURED_TOGETHER);
        profile.measuredTogether = true;
        profile.known = true;
        return profile;
    }

    /** The same machine and model with rows of another size: a first guess that the first batches correct. */
    public ServiceProfile scaled(double factor) {
        ServiceProfile profile = new ServiceProfile(1 << (nanos.length - 1), slowdown.length - 1);
        for (int i = 0; i < nanos.length; i++) {
            profile.nanos[i] = nanos[0] + (nanos[i] - nanos[0]) * factor;
        }
        System.arraycopy(slowdown, 0, profile.slowdown, 0, slowdown.length);
        profile.measuredTogether = measuredTogether;
        profile.known = known;
        profile.padded = padded;
        return profile;
    }

    /**
     * From now on it is that of batches which run padded to a power of two: those between take as long as the next one.
     *
     * @return itself
     */
    public ServiceProfile padded() {
        padded = true;
        return this;
    }

    /** Whether batches run padded to powers of two. */
    public boolean isPadded() {
        return padded;
    }

    /** With how many rows a batch of so many runs. */
    private long run(long rows) {
        return padded && rows <= largest() ? Long.highestOneBit(2 * Math.max(1, rows) - 1) : rows;
    }

    /** A device that gains a little from two batches at once: neither greedy nor timid until it is known. */
    private static double guessedSlowdown(int atOnce) {
        return atOnce <= 1 ? 1 : atOnce / Math.min(1.4, 1 + 0.3 * (atOnce - 1));
    }

    /** Hopeful about larger batches: a wrong hope is corrected by the first of them, a wrong fear much later. */
    private static double hoped(double rows, double known) {
        return 0.95 + 0.05 * rows / known;
    }

    private static double between(Measured measured, int rows) {
        List<Integer> sizes = measured.rows;
        List<Long> times = measured.runNanos;
        int above = 0;
        while (above < sizes.size() && sizes.get(above) < rows) {
            above++;
        }
        if (above == 0) {
            return times.get(0);
        }
        if (above == sizes.size() && above == 1) {
            return times.get(0) * hoped(rows, sizes.get(0));
        }
        int high = Math.min(above, sizes.size() - 1);
        double slope = (times.get(high) - times.get(high - 1)) / (double) (sizes.get(high) - sizes.get(high - 1));
        return Math.max(times.get(0), times.get(high - 1) + Math.max(0, slope) * (rows - sizes.get(high - 1)));
    }

    /** Whether anything was measured or observed yet. */
    public boolean known() {
        return known;
    }

    /** The largest batch that anything is known of. */
    public int largest() {
        return 1 << (nanos.length - 1);
    }

    /** Whether slow-downs were measured, not only guessed. */
    public boolean isMeasuredTogether() {
        return measuredTogether;
    }

    /** Whether batches of about that size were seen often. */
    public boolean isSettled(long rows) {
        return seen[lowEntry(run(rows))] >= MEASURED;
    }

    /** How many batches at once the slow-downs are known for. */
    public int threads() {
        return slowdown.length - 1;
    }

    /** Nanoseconds of a batch of so many rows with nothing beside it; 0 when unknown. */
    public double runNanos(long count) {
        long rows = run(count);
        int low = lowEntry(rows);
        int lowRows = 1 << low;
        if (low == nanos.length - 1) {
            return low == 0 ? nanos[0] * rows : nanos[low] + slope(low - 1) * (rows - lowRows);
        }
        return nanos[low] + slope(low) * (rows - lowRows);
    }

    private double slope(int low) {
        return (nanos[low + 1] - nanos[low]) / (1 << low);
    }

    private int lowEntry(long rows) {
        return Math.min(63 - Long.numberOfLeadingZeros(Math.max(1, rows)), nanos.length - 1);
    }

    /** How many times longer a batch takes as one of so many at once. */
    public double slowdown(double atOnce) {
        int low = (int) Math.min(Math.max(1, atOnce), slowdown.length - 1.0);
        double part = Math.min(1, Math.max(0, atOnce - low));
        return low + 1 < slowdown.length ? slowdown[low] + (slowdown[low + 1] - slowdown[low]) * part : slowdown[low];
    }

    /** Batches done in the time of one alone, when so many run at once. */
    public double speed(int atOnce) {
        return atOnce / slowdown(atOnce);
    }

    /** The number of batches at once beyond which nothing is gained. */
    public int bestAtOnce() {
        int best = 1;
        for (int atOnce = 2; atOnce < slowdown.length; atOnce++) {
            if (speed(atOnce) >= 1.03 * speed(best)) {
                best = atOnce;
            }
        }
        return best;
    }

    /** A batch of so many rows took so long as one of so many at once. */
    public void observe(int count, long took, double atOnce) {
        int rows = (int) run(count);
        if (!known) {
            for (int i = 0; i < nanos.length; i++) {
                nanos[i] = took / slowdown(atOnce) * hoped(1 << i, rows);
            }
            known = true;
            return;
        }
        int low = lowEntry(rows);
        double expected = runNanos(rows);
        if (atOnce >= 1.5 && seen[low] > FIRST_LOOKS) {
            int beside = (int) Math.min(Math.round(atOnce), slowdown.length - 1L);
            double factor = Math.max(1, Math.min(took / expected, beside));
            double weight = Math.max(SETTLED_TOGETHER, 1.0 / (4 + seenTogether[beside]++));
            slowdown[beside] += weight * (factor - slowdown[beside]);
            fitSlowdowns(beside);
            // Faster than alone shows that the time alone is wrong.
            if (took >= expected) {
                return;
            }
        }
        double error = Math.min(took, Math.max(took / slowdown(atOnce), 1)) - expected;
        double part = low == nanos.length - 1 ? 0 : (rows - (1 << low)) / (double) (1 << low);
        move(low, error * (1 - part));
        if (part > 0) {
            move(low + 1, error * part);
        }
    }

    private void move(int entry, double error) {
        double weight = Math.max(SETTLED, 1.0 / (2 + seen[entry]++));
        nanos[entry] = Math.max(1, nanos[entry] + weight * Math.max(-nanos[entry], Math.min(error, 4 * nanos[entry])));
        fitTimes(entry);
    }

    /**
     * The entry that was observed is right; the others give way where they contradict it. No batch takes longer than its
     * rows in smaller ones, which also brings down what an odd run left in entries that are not used any more.
     */
    private void fitTimes(int entry) {
        for (int i = entry + 1; i < nanos.length; i++) {
            nanos[i] = Math.min(Math.max(nanos[i], nanos[entry]), nanos[entry] * (1 << (i - entry)));
        }
        for (int i = entry - 1; i >= 0; i--) {
            nanos[i] = Math.min(nanos[i], nanos[entry]);
        }
    }

    private void fitSlowdowns(int entry) {
        slowdown[entry] = Math.max(1, slowdown[entry]);
        for (int i = entry + 1; i < slowdown.length; i++) {
            slowdown[i] = Math.max(slowdown[i], slowdown[entry]);
        }
        for (int i = entry - 1; i > 1; i--) {
            slowdown[i] = Math.min(slowdown[i], slowdown[entry]);
        }
    }

    /** What is known now, for people and for keeping; null when nothing is. */
    public @Nullable Measured measured() {
        if (!known) {
            return null;
        }
        List<Integer> rows = new ArrayList<>();
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < nanos.length; i++) {
            rows.add(1 << i);
            times.add(Math.max(1, Math.round(nanos[i])));
        }
        List<Double> factors = new ArrayList<>();
        for (int atOnce = 1; atOnce < slowdown.length; atOnce++) {
            factors.add(Math.max(1, slowdown[atOnce]));
        }
        return new Measured(rows, times, factors);
    }
}
