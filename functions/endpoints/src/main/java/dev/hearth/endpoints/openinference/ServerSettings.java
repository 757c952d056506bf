package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The settings that the logging and trace extensions show. Logging can be changed while the server runs, as far as it
 * means something: the verbosity of Hearth's own loggers. Traces are configured at the start only. Thread-safe.
 */
public final class ServerSettings {

    private static final Logger HEARTH = Logger.getLogger("dev.hearth");

    private static final List<String> LEVELS = List.of("log_error", "log_warning", "log_info");

    /** Log settings by name: strings, booleans and longs. */
    public Map<String, Object> log() {
        Level level = HEARTH.getLevel() == null ? Level.INFO : HEARTH.getLevel();
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("log_file", "");
        settings.put("log_info", level.intValue() <= Level.INFO.intValue());
        settings.put("log_warning", level.intValue() <= Level.WARNING.intValue());
        settings.put("log_error", true);
        settings.put("log_verbose_level", level.intValue() < Level.INFO.intValue() ? 1L : 0L);
        settings.put("log_format", "default");
        return settings;
    }

    /**
     * Changes those named, and tells all.
     *
     * @throws ServingException INVALID_ARGUMENT for what there is not, UNIMPLEMENTED for what cannot be changed
     */
    public Map<String, Object> changeLog(Map<String, Object> changes) {
        Map<String, Object> settings = log();
        for (Map.Entry<String, Object> change : changes.entrySet()) {
            Object now = settings.get(change.getKey());
            if (now == null) {
                throw ServingException.invalidArgument("unknown log setting '" + change.getKey() + "'");
            }
            if (now.getClass() != change.getValue().getClass()) {
                throw ServingException.invalidArgument("log setting '" + change.getKey() + "' must be a "
                        + now.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT));
            }
            if (now instanceof String && !now.equals(change.getValue())) {
                throw ServingException.unimplemented(
                        "log setting '" + change.getKey() + "' cannot be changed while the server runs");
            }
            settings.put(change.getKey(), change.getValue());
        }
        if (changes.keySet().stream().anyMatch(LEVELS::contains) || changes.containsKey("log_verbose_level")) {
            HEARTH.setLevel(level(settings));
        }
        return log();
    }

    private static Level level(Map<String, Object> settings) {
        if (!Long.valueOf(0).equals(settings.get("log_verbose_level"))) {
            return Level.FINE;
        }
        if (Boolean.TRUE.equals(settings.get("log_info"))) {
            return Level.INFO;
        }
        return Boolean.TRUE.equals(settings.get("log_warning")) ? Level.WARNING : Level.SEVERE;
    }

    /** Trace settings by name, each a list of texts: traces of this protocol's kind are off. */
    public Map<String, List<String>> trace() {
        Map<String, List<String>> settings = new LinkedHashMap<>();
        settings.put("trace_level", List.of("OFF"));
        settings.put("trace_rate", List.of("1000"));
        settings.put("trace_count", List.of("-1"));
        settings.put("log_frequency", List.of("0"));
        settings.put("trace_file", List.of(""));
        settings.put("trace_mode", List.of("opentelemetry"));
        return settings;
    }

    /** @throws ServingException INVALID_ARGUMENT for what there is not, UNIMPLEMENTED unless everything is to stay as it is */
    public Map<String, List<String>> changeTrace(Map<String, List<String>> changes) {
        Map<String, List<String>> settings = trace();
        changes.forEach((name, value) -> {
            if (!settings.containsKey(name)) {
                throw ServingException.invalidArgument("unknown trace setting '" + name + "'");
            }
            if (!value.isEmpty() && !value.equals(settings.get(name))) {
                throw ServingException.unimplemented("trace setting '" + name
                        + "' cannot be changed while the server runs; traces are configured at its start");
            }
        });
        return settings;
    }
}
