package dev.hearth.testkit;

import java.net.URI;

/** Which server a contract asks; contracts that ask the same one share it. */
public interface TestedServer {

    /** Where the server listens, without a path. */
    URI server();

    /** A model that computes {@code y = x / 2 + 2} in version 1. */
    default String model() {
        return "half_plus_two";
    }
}
