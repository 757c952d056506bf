package dev.hearth.engine.batching;

/**
 * How large batches are made and how many run at once: what gets most done while a request that has just missed a batch is
 * still in time. It waits for the first of those that run and then runs itself.
 *
 * @param budgetNanos the time that requests have on the average, which this is for
 */
record BatchFit(int rows, int atOnce, double budgetNanos) {

    /** Of the time that requests usually have, so much may go to waiting for a run and to a run. */
    private static final double USABLE = 0.9;

    /** Batches need not be larger for what is left to gain then: without deadlines, small ones keep waits short. */
    private static final double ALMOST_MOST = 0.95;

    /** Of large batches all are late or none, and while one is short of rows a core idles: that costs more than it gains. */
    private static final double ALMOST_MOST_IN_TIME = 0.975;

    /** One row at a time where no batch is fast enough: of what gets nearly most done, what answers soonest. */
    static BatchFit of(ServiceProfile profile, int largest, double budgetNanos) {
        double most = 0;
        for (int atOnce = 1; atOnce <= profile.bestAtOnce(); atOnce++) {
            for (int rows = 1; rows <= largest; rows = next(profile, rows, largest)) {
                most = Math.max(most, done(profile, rows, atOnce, budgetNanos));
            }
        }
        double enough = most * (budgetNanos == UsualTime.UNHURRIED ? ALMOST_MOST : ALMOST_MOST_IN_TIME);
        BatchFit best = new BatchFit(1, 1, budgetNanos);
        double soonest = Double.MAX_VALUE;
        for (int atOnce = 1; atOnce <= profile.bestAtOnce() && most > 0; atOnce++) {
            for (int rows = 1; rows <= largest; rows = next(profile, rows, largest)) {
                double longest = longestNanos(profile, rows, atOnce);
                if (longest < soonest && done(profile, rows, atOnce, budgetNanos) >= enough) {
                    best = new BatchFit(rows, atOnce, budgetNanos);
                    soonest = longest;
                }
            }
        }
        return best;
    }

    /** Whether it was made for times that requests no longer have. */
    boolean isFarFrom(double otherBudgetNanos) {
        return Math.abs(otherBudgetNanos - budgetNanos) > 0.1 * budgetNanos;
    }

    private static int next(ServiceProfile profile, int rows, int largest) {
        int more = profile.isPadded() ? rows : (rows + 7) / 8;
        return rows == largest ? rows + 1 : Math.min(largest, rows + more);
    }

    /** Rows in a unit of time; 0 where deadlines would be missed. */
    private static double done(ServiceProfile profile, int rows, int atOnce, double budgetNanos) {
        if (longestNanos(profile, rows, atOnce) > USABLE * budgetNanos) {
            return 0;
        }
        double run = profile.runNanos(rows) * profile.slowdown(atOnce);
        return run == 0 ? rows : rows * atOnce / run;
    }

    /** For a request that has just missed a batch: the first of those that run must end, and then its own. */
    private static double longestNanos(ServiceProfile profile, int rows, int atOnce) {
        return profile.runNanos(rows) * profile.slowdown(atOnce) * (1 + 1.0 / atOnce);
    }
}
