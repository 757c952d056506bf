package dev.hearth.loadtests.drive;

/** What became of a call. */
public enum Outcome {
    /** Answered with a result, in time or not. */
    OK,
    /** Taken, but given up by the server at its deadline (DEADLINE_EXCEEDED, 504). */
    EXPIRED,
    /** Not taken: RESOURCE_EXHAUSTED or UNAVAILABLE, 429 or 503. */
    REFUSED,
    /** Anything else, a broken connection or no answer included. */
    FAILED
}
