package dev.hearth.loadtests.drive;

/** So many users who send the next request as soon as they have an answer; one who was refused waits 10 ms. */
public final class ClosedLoop extends Load {

    private static final long PAUSE_NANOS = 10_000_000;

    private final int users;

    public ClosedLoop(Client client, Mix mix, long serverPid, LoadTimes times, int users) {
        super(client, mix, serverPid, times);
        this.users = users;
    }

    @Override
    double offered() {
        return Double.NaN;
    }

    @Override
    void start(long begin, long end) {
        for (int i = 0; i < users; i++) {
            send(begin);
        }
    }

    @Override
    void answered(Outcome outcome) {
        if (stopped()) {
            return;
        }
        if (outcome == Outcome.OK) {
            next();
        } else {
            Later.run(client().loop(), PAUSE_NANOS, this::next);
        }
    }

    private void next() {
        if (!stopped()) {
            send(System.nanoTime());
        }
    }
}
