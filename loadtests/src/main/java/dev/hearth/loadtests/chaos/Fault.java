package dev.hearth.loadtests.chaos;

import java.io.IOException;

/** Something that goes wrong. */
public interface Fault {

    String name();

    /** Does it, waits until it is over, and tells what was seen; blocks. */
    Finding strike(Victim victim) throws IOException, InterruptedException;

    /**
     * What was seen.
     *
     * @param asWanted whether the server did what it should
     * @param seen in a few words
     */
    record Finding(boolean asWanted, String seen) {}
}
