package dev.hearth.engine.cache;

/** What of a request is one question. */
public enum KeyForm {
    /** All of it. */
    WHOLE,
    /** Each row, as it is answered beside others: runtimes round a row that is alone in another way. */
    ROW,
    /** Each row, and it is the same question as a request of that row alone. */
    ROW_OR_REQUEST;

    /** Whether rows are looked up one by one. */
    public boolean byRow() {
        return this != WHOLE;
    }

    /** Tells the forms, and whole requests of different lengths, apart in keys. */
    long number(int rows) {
        return switch (this) {
            case WHOLE -> rows;
            case ROW -> -1;
            case ROW_OR_REQUEST -> 1;
        };
    }
}
