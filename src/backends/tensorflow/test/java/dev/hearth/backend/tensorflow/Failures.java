package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;

/** How a call failed, in a form that reads well in assertions. */
record Failures(ErrorCode code, String text) {

    static Failures of(Runnable call) {
        try {
            call.run();
        } catch (ServingException e) {
            return new Failures(e.code(), e.getMessage());
        }
        throw new AssertionError("the call succeeded");
    }

    @Override
    public String toString() {
        return code + " " + text;
    }
}
