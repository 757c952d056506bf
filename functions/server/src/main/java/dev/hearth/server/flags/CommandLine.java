package dev.hearth.server.flags;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A parsed command line, with TensorFlow's rules: {@code --name=value} only, {@code --name} for a true boolean; unknown
 * arguments are reported but do not stop the server; a bad value does. {@code --hearth.any.key=value} sets that key.
 *
 * @param settings configuration keys and values, in the order given
 * @param notes what to log once at start: flags without effect, unknown arguments
 * @param errors what makes a start impossible
 * @param help whether help was asked for
 * @param version whether the version was asked for
 */
public record CommandLine(
        Map<String, String> settings, List<String> notes, List<String> errors, boolean help, boolean version) {

    public static CommandLine parse(String... args) {
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        List<String> errors = new ArrayList<>();
        boolean help = false;
        boolean version = false;
        for (String arg : args) {
            String body = arg.startsWith("--") ? arg.substring(2) : arg.startsWith("-") ? arg.substring(1) : "";
            int equals = body.indexOf('=');
            String name = equals < 0 ? body : body.substring(0, equals);
            Optional<String> text = equals < 0 ? Optional.empty() : Optional.of(body.substring(equals + 1));
            Optional<Flag> flag = FlagTable.named(name);
            if (name.equals("help") || arg.equals("-h")) {
                help = true;
            } else if (name.equals("version")) {
                version = !text.map("false"::equalsIgnoreCase).orElse(false);
            } else if (flag.isPresent()) {
                apply(flag.get(), text, settings, notes, errors);
            } else if ((name.startsWith("hearth.") || name.startsWith("quarkus.")) && text.isPresent()) {
                settings.put(name, text.get());
            } else {
                notes.add("unknown argument: " + arg);
            }
        }
        checkTogether(settings, errors);
        return new CommandLine(settings, notes, errors, help, version);
    }

    private static void apply(
            Flag flag, Optional<String> text, Map<String, String> settings, List<String> notes, List<String> errors) {
        if (text.isEmpty() && flag.kind() != Flag.Kind.BOOL) {
            errors.add("flag --" + flag.name() + " needs a value: --" + flag.name() + "=VALUE");
            return;
        }
        String value = text.orElse("true");
        if (!flag.kind().accepts(value)) {
            errors.add("Couldn't interpret value " + value + " for flag " + flag.name() + ".");
            return;
        }
        String key = flag.key();
        if (key == null) {
            notes.add("flag --" + flag.name() + ": " + flag.sentence());
        } else {
            settings.put(key, flag.toValue().apply(value));
        }
    }

    private static void checkTogether(Map<String, String> settings, List<String> errors) {
        boolean batching = Boolean.parseBoolean(settings.getOrDefault("hearth.batching.enabled", "false"));
        if (!batching
                && !settings.getOrDefault("hearth.batching.parameters-file", "").isEmpty()) {
            errors.add("You supplied --batching_parameters_file without --enable_batching");
        }
        boolean both = nonZero(settings, "hearth.tensorflow.session-parallelism")
                && (nonZero(settings, "hearth.tensorflow.intra-op-parallelism")
                        || nonZero(settings, "hearth.tensorflow.inter-op-parallelism"));
        if (both) {
            errors.add("Either configure session_parallelism or inter/intra op parallelism separately.");
        }
        String precision = settings.getOrDefault("hearth.tensorflow.mixed-precision", "");
        if (!precision.isEmpty() && !precision.equals("bfloat16")) {
            errors.add("Only bfloat16 is supported for mixed precision, not " + precision);
        }
    }

    private static boolean nonZero(Map<String, String> settings, String key) {
        return Long.parseLong(settings.getOrDefault(key, "0")) != 0;
    }

    /** The page that {@code --help} prints: every flag, its default and one line. */
    public static String helpPage() {
        StringBuilder page = new StringBuilder(
                """
                usage: hearth serve [--flag=value ...]

                Serves TensorFlow models over REST and gRPC. Without flags it serves the bundled demo models.
                Flags are TensorFlow Serving's; --hearth.KEY=VALUE sets any key of config/README.md.

                """);
        for (Flag flag : FlagTable.all()) {
            String start = "--" + flag.name() + "=" + (flag.defaultText().isEmpty() ? "\"\"" : flag.defaultText());
            page.append(String.format("  %-58s %s%n", start, flag.sentence()));
        }
        page.append(String.format("  %-58s %s%n", "--version", "Print the version and exit."));
        page.append(String.format("  %-58s %s%n", "--help", "Print this page and exit."));
        return page.toString();
    }
}
