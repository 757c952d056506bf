package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;

/** What requests are answered whose run does not come back. */
final class HungRun {

    private HungRun() {}

    static ServingException error() {
        return ServingException.deadlineExceeded(
                "The run did not end in time and is given up; the model goes on with another session");
    }
}
