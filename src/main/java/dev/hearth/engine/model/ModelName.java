package dev.hearth.engine.model;

/**
 * The name under which a model is served. Any text of 1 to 1024 characters without control characters; it is never
 * used as a path.
 */
public record ModelName(String value) {

    public static final int LONGEST = 1024;

    public ModelName {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("a model has an empty name");
        }
        if (value.length() > LONGEST) {
            throw new IllegalArgumentException(
                    "a model name has " + value.length() + " characters; the limit is " + LONGEST);
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a model name contains a control character");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
