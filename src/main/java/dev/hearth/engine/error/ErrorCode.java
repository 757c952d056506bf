package dev.hearth.engine.error;

/** The canonical codes, with gRPC's numbers and names; every protocol maps from these. */
public enum ErrorCode {
    CANCELLED(1),
    UNKNOWN(2),
    INVALID_ARGUMENT(3),
    DEADLINE_EXCEEDED(4),
    NOT_FOUND(5),
    ALREADY_EXISTS(6),
    PERMISSION_DENIED(7),
    RESOURCE_EXHAUSTED(8),
    FAILED_PRECONDITION(9),
    ABORTED(10),
    OUT_OF_RANGE(11),
    UNIMPLEMENTED(12),
    INTERNAL(13),
    UNAVAILABLE(14),
    DATA_LOSS(15),
    UNAUTHENTICATED(16);

    private final int number;

    ErrorCode(int number) {
        this.number = number;
    }

    /** The number on gRPC's wire, 1 to 16. */
    public int number() {
        return number;
    }

    /** The code with this number; {@link #UNKNOWN} for numbers outside 1 to 16. */
    public static ErrorCode ofNumber(int number) {
        return number >= 1 && number <= 16 ? values()[number - 1] : UNKNOWN;
    }
}
