package dev.hearth.loadtests.scenario;

import java.io.IOException;

/** One question about a server under load. */
public interface Scenario {

    String name();

    /** What it does, in one line. */
    String line();

    /** Runs it; what it finds goes into the lab's report. */
    void run(Lab lab) throws IOException, InterruptedException;
}
