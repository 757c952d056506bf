package dev.hearth.loadtests.drive;

/**
 * Requests at times that do not depend on the answers, as many users behave who do not know of each other. If the driver
 * is late, the delay is part of the latency. At most {@value #MOST_OUTSTANDING} may be on their
 * way; more fail unsent.
 */
public final class OpenLoop extends Load {

    static final int MOST_OUTSTANDING = 20_000;
    private static final int MOST_AT_ONCE = 64;

    private final Arrivals arrivals;
    private final double perSecond;
    private long next;
    private long end;

    public OpenLoop(Client client, Mix mix, long serverPid, LoadTimes times, Arrivals arrivals, double perSecond) {
        super(client, mix, serverPid, times);
        this.arrivals = arrivals;
        this.perSecond = perSecond;
    }

    @Override
    double offered() {
        return perSecond;
    }

    @Override
    void start(long begin, long endNanos) {
        next = begin + arrivals.nextGap();
        end = endNanos;
        pace();
    }

    private void pace() {
        int sent = 0;
        while (next < end && next <= System.nanoTime()) {
            if (outstanding() >= MOST_OUTSTANDING) {
                skip(next, "not sent, too many wait for an answer");
            } else {
                send(next);
            }
            next += arrivals.nextGap();
            if (++sent == MOST_AT_ONCE) {
                // Answers must be read between the requests, or their latency would be the driver's.
                Later.run(client().loop(), 0, this::pace);
                return;
            }
        }
        if (next < end) {
            Later.run(client().loop(), next - System.nanoTime(), this::pace);
        }
    }

    @Override
    void answered(Outcome outcome) {}
}
