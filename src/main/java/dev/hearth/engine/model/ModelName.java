package dev.hearth.engine.model;

import org.jspecify.annotations.Nullable;

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
        // Every request makes a name: no stream here, and no generated comparison below.
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new IllegalArgumentException("a model name contains a control character");
            }
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ModelName name && value.equals(name.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return value;
    }
}
