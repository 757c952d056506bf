package dev.hearth.endpoints.openinference;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a path below {@code /v2} asks for. Names are percent-decoded after the path was cut at its slashes, so that a name
 * may contain one. Stateless.
 *
 * @param model name; empty where the path has none
 * @param version number or label; empty where the path has none
 * @param region of shared memory; empty where the path has none
 */
record Target(Kind kind, String model, String version, String region) {

    /** The calls, and the verbs that each takes. */
    enum Kind {
        SERVER("GET"),
        LIVE("GET"),
        READY("GET"),
        MODELS("GET"),
        METADATA("GET"),
        MODEL_READY("GET"),
        INFER("POST"),
        STATISTICS("GET"),
        CONFIGURATION("GET"),
        INDEX("POST"),
        LOAD("POST"),
        UNLOAD("POST"),
        TRACE("GET", "POST"),
        LOGGING("GET", "POST"),
        REGION_STATUS("GET"),
        REGION_REGISTER("POST"),
        REGION_UNREGISTER("POST"),
        CUDA("GET", "POST"),
        GENERATE("POST"),
        UNKNOWN();

        private final List<String> verbs;

        Kind(String... verbs) {
            this.verbs = List.of(verbs);
        }

        List<String> verbs() {
            return verbs;
        }
    }

    private static final String VERSIONS = "versions";
    private static final Target UNKNOWN = new Target(Kind.UNKNOWN, "", "", "");

    /** Whether the target of a request is this protocol's to answer. */
    static boolean isBelow(String uri) {
        return uri.startsWith("/v2") && (uri.length() == 3 || uri.charAt(3) == '/' || uri.charAt(3) == '?');
    }

    /** @param uri path and query, which is not looked at */
    static Target of(String uri) {
        int query = uri.indexOf('?');
        String path = query < 0 ? uri : uri.substring(0, query);
        List<String> words = new ArrayList<>(6);
        for (String word : path.substring("/v2".length()).split("/", -1)) {
            words.add(decode(word));
        }
        // The path begins with a slash, and may end with one.
        words.remove(0);
        if (!words.isEmpty() && words.get(words.size() - 1).isEmpty()) {
            words.remove(words.size() - 1);
        }
        if (words.isEmpty()) {
            return of(Kind.SERVER);
        }
        return switch (words.get(0)) {
            case "health" -> health(words);
            case "models" -> models(words);
            case "repository" -> repository(words);
            case "trace" -> words.size() == 2 && words.get(1).equals("setting") ? of(Kind.TRACE) : UNKNOWN;
            case "logging" -> words.size() == 1 ? of(Kind.LOGGING) : UNKNOWN;
            case "systemsharedmemory" -> region(words);
            case "cudasharedmemory" -> of(Kind.CUDA);
            default -> UNKNOWN;
        };
    }

    private static Target of(Kind kind) {
        return new Target(kind, "", "", "");
    }

    private static Target health(List<String> words) {
        return switch (words.size() == 2 ? words.get(1) : "") {
            case "live" -> of(Kind.LIVE);
            case "ready" -> of(Kind.READY);
            default -> UNKNOWN;
        };
    }

    private static Target models(List<String> words) {
        if (words.size() == 1) {
            return of(Kind.MODELS);
        }
        if (words.size() == 2 && words.get(1).equals("stats")) {
            return of(Kind.STATISTICS);
        }
        String model = words.get(1);
        String version = "";
        int at = 2;
        if (words.size() > 3 && words.get(2).equals(VERSIONS)) {
            version = words.get(3);
            at = 4;
            if (version.isEmpty()) {
                return UNKNOWN;
            }
        }
        if (model.isEmpty()) {
            return UNKNOWN;
        }
        String rest = String.join("/", words.subList(at, words.size()));
        Kind kind =
                switch (rest) {
                    case "" -> words.size() == at ? Kind.METADATA : Kind.UNKNOWN;
                    case "ready" -> Kind.MODEL_READY;
                    case "infer" -> Kind.INFER;
                    case "stats" -> Kind.STATISTICS;
                    case "config" -> Kind.CONFIGURATION;
                    case "generate", "generate_stream" -> Kind.GENERATE;
                    case "trace/setting" -> Kind.TRACE;
                    default -> Kind.UNKNOWN;
                };
        return new Target(kind, model, version, "");
    }

    private static Target repository(List<String> words) {
        // A repository may be named before the rest; there is one only.
        List<String> rest = words.subList(words.size() == 3 || words.size() == 5 ? 2 : 1, words.size());
        if (rest.size() == 1 && rest.get(0).equals("index")) {
            return of(Kind.INDEX);
        }
        if (rest.size() == 3 && rest.get(0).equals("models") && !rest.get(1).isEmpty()) {
            Kind kind =
                    switch (rest.get(2)) {
                        case "load" -> Kind.LOAD;
                        case "unload" -> Kind.UNLOAD;
                        default -> Kind.UNKNOWN;
                    };
            return new Target(kind, rest.get(1), "", "");
        }
        return UNKNOWN;
    }

    private static Target region(List<String> words) {
        boolean named = words.size() == 4 && words.get(1).equals("region");
        if (!named && words.size() != 2) {
            return UNKNOWN;
        }
        String region = named ? words.get(2) : "";
        return switch (words.get(words.size() - 1)) {
            case "status" -> new Target(Kind.REGION_STATUS, "", "", region);
            case "register" -> named ? new Target(Kind.REGION_REGISTER, "", "", region) : UNKNOWN;
            case "unregister" -> new Target(Kind.REGION_UNREGISTER, "", "", region);
            default -> UNKNOWN;
        };
    }

    /** Percent-decoding alone; a percent sign without two hex digits stays. */
    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length);
        for (int i = 0; i < raw.length; i++) {
            int high = raw[i] == '%' && i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(raw[i + 2], 16);
            bytes.write(low < 0 ? raw[i] : high << 4 | low);
            i += low < 0 ? 0 : 2;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
