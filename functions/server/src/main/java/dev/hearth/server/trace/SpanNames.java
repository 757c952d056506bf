package dev.hearth.server.trace;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Names of spans: few, and none that a client can make up. */
final class SpanNames {

    private static final Set<String> VERBS = Set.of("predict", "classify", "regress");
    private static final Set<String> FUNCTIONS = Set.of("predict", "protobuf", "warmup");

    private static final List<String> PACKAGES = List.of("/tensorflow.serving.", "/inference.");
    private static final int LONGEST = 40;

    private SpanNames() {}

    /** Empty for what is not followed: probes, pages and what nobody answers. */
    static String of(String path, @Nullable String contentType) {
        if (contentType != null && contentType.startsWith("application/grpc")) {
            return isMethod(path) ? path.substring(1) : "";
        }
        if (path.startsWith("/v1/models/")) {
            String verb = path.substring(path.lastIndexOf(':') + 1);
            return VERBS.contains(verb) ? "POST /v1/models/{model}:" + verb : "GET /v1/models/{model}";
        }
        if (path.startsWith("/v2/models/")) {
            return path.endsWith("/infer") ? "POST /v2/models/{model}/infer" : "GET /v2/models/{model}";
        }
        if (path.startsWith("/functions/")) {
            int from = "/functions/".length();
            int slash = path.indexOf('/', from);
            String function = path.substring(from, slash < 0 ? path.length() : slash);
            return FUNCTIONS.contains(function) ? "POST /functions/" + function : "";
        }
        return "";
    }

    /** A service's and a method's name; asked for every request, so without a pattern. */
    private static boolean isMethod(String path) {
        for (String start : PACKAGES) {
            if (path.startsWith(start)) {
                int slash = path.indexOf('/', start.length());
                return areLetters(path, start.length(), slash) && areLetters(path, slash + 1, path.length());
            }
        }
        return false;
    }

    private static boolean areLetters(String text, int from, int to) {
        if (to <= from || to - from > LONGEST) {
            return false;
        }
        for (int i = from; i < to; i++) {
            char letter = (char) (text.charAt(i) | 0x20);
            if (letter < 'a' || letter > 'z') {
                return false;
            }
        }
        return true;
    }
}
