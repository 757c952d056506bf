package dev.hearth.loadtests.drive;

/** Hears once of every call what became of it, on the event loop. */
@FunctionalInterface
public interface Reply {

    /** @param why text of the error, empty for {@link Outcome#OK} */
    void answered(Outcome outcome, String why);
}
