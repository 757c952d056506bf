package dev.hearth.deploy;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server's keys by their environment variables, from {@code config/README.md}, which a test holds to the code. */
final class Reference {

    private static final Pattern KEY =
            Pattern.compile("(?m)^\\| `hearth\\.[^`]+` \\| (none|`[^`]*`) \\| `([A-Z0-9_]+)` \\|");
    private static final Pattern OTHER = Pattern.compile("(?m)^\\| `([A-Z][A-Z_]+)` \\| (none|`[^`]*`) \\|");
    private static final Pattern OF_A_MODEL = Pattern.compile("(HEARTH_MODELS)__[A-Z0-9]+__(.+)");
    private static final Pattern DURATION = Pattern.compile("(\\d+)(MS|S|M|H)");
    private static final Pattern SIZE = Pattern.compile("(\\d+)(|[KMGkmg]|Ki|Mi|Gi)");

    private Reference() {}

    /** Variable to default; empty where there is none. */
    static Map<String, String> variables() {
        String text = Repository.text(Repository.ROOT.resolve("config/README.md"));
        Map<String, String> variables = new TreeMap<>();
        Matcher key = KEY.matcher(text);
        while (key.find()) {
            variables.put(key.group(2), unquoted(key.group(1)));
        }
        Matcher other = OTHER.matcher(text);
        while (other.find()) {
            variables.put(other.group(1), unquoted(other.group(2)));
        }
        return variables;
    }

    /** As the reference has it: with NAME for the model's. */
    static String general(String variable) {
        return OF_A_MODEL.matcher(variable).replaceFirst("$1__NAME__$2");
    }

    private static String unquoted(String cell) {
        return cell.equals("none") ? "" : cell.substring(1, cell.length() - 1);
    }

    /** The value in force: the pod's, or the default. */
    static String value(Pod pod, String variable) {
        String byDefault = variables().get(variable);
        if (byDefault == null) {
            throw new IllegalArgumentException(variable + " is no variable of the server");
        }
        return pod.environment().getOrDefault(variable, byDefault);
    }

    static Duration duration(String text) {
        Matcher parts = DURATION.matcher(text.toUpperCase(Locale.ROOT));
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a duration: " + text);
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "MS" -> Duration.ofMillis(number);
            case "S" -> Duration.ofSeconds(number);
            case "M" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    /** Bytes of a Kubernetes quantity in powers of two, or of a size in an option of the virtual machine. */
    static long bytes(String text) {
        Matcher parts = SIZE.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("not a size: " + text);
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2).toLowerCase(Locale.ROOT)) {
            case "" -> number;
            case "k", "ki" -> number << 10;
            case "m", "mi" -> number << 20;
            default -> number << 30;
        };
    }
}
