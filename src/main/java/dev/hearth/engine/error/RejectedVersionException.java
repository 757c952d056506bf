package dev.hearth.engine.error;

/** A version that has been loaded but must not serve: its answers are wrong. Loading it again changes nothing. */
public final class RejectedVersionException extends ServingException {

    public RejectedVersionException(String message) {
        super(ErrorCode.FAILED_PRECONDITION, message);
    }
}
