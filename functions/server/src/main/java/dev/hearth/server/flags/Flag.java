package dev.hearth.server.flags;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One flag of the command line.
 *
 * @param name with underscores, without dashes
 * @param kind what its text must be
 * @param defaultText what help prints; the value itself has its home in the configuration
 * @param key the configuration key it sets; null where it has no effect
 * @param toValue from the flag's text to the key's text (units differ: flags count micros, keys are durations)
 * @param sentence one line for help; where it has no effect, why
 */
public record Flag(
        String name,
        Kind kind,
        String defaultText,
        @Nullable String key,
        UnaryOperator<String> toValue,
        String sentence) {

    /** The kinds of TensorFlow's flag parser. */
    public enum Kind {
        BOOL,
        INT32,
        INT64,
        FLOAT,
        STRING;

        /** Whether the text is a value of this kind. */
        boolean accepts(String text) {
            try {
                return switch (this) {
                    case BOOL -> text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false");
                    case INT32 -> Integer.parseInt(text) == Long.parseLong(text);
                    case INT64 -> Long.parseLong(text) != Long.MIN_VALUE || text.startsWith("-");
                    case FLOAT -> !Float.isNaN(Float.parseFloat(text));
                    case STRING -> true;
                };
            } catch (NumberFormatException notANumber) {
                return false;
            }
        }
    }

    /** Accepted for compatibility only. */
    public boolean hasNoEffect() {
        return key == null;
    }
}
