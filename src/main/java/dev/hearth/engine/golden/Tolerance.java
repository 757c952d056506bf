package dev.hearth.engine.golden;

/**
 * How far two numbers may be apart: by {@code absolute} and that share of the wanted one. Both zero means equal.
 *
 * @param absolute 0 or more
 * @param relative 0 or more
 */
public record Tolerance(double absolute, double relative) {

    /** What other kernels, threads and batch sizes change in single precision. */
    public static final Tolerance DEFAULT = new Tolerance(1e-5, 1e-3);

    public Tolerance {
        if (!(absolute >= 0 && relative >= 0)) {
            throw new IllegalArgumentException("a tolerance must not be negative: " + absolute + ", " + relative);
        }
    }

    /** Two that are not a number are as good as equal. */
    boolean accepts(double wanted, double got) {
        if (wanted == got || (Double.isNaN(wanted) && Double.isNaN(got))) {
            return true;
        }
        return !Double.isInfinite(wanted) && Math.abs(wanted - got) <= absolute + relative * Math.abs(wanted);
    }
}
