package dev.hearth.server.trace;

import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names of spans: few, and none that a client can make up. */
final class SpanNames {

    private static final Set<String> VERBS = Set.of("predict", "classify", "regress");
    private static final Set<String> FUNCTIONS = Set.of("predict", "protobuf", "warmup");

    private static final Pattern GRPC =
            Pattern.compile("/(?:tensorflow\\.serving|inference)\\.[A-Za-z]{1,40}/[A-Za-z]{1,40}");

    private SpanNames() {}

    /** Empty for what is not followed: probes, pages and what nobody answers. */
    static String of(String path, @Nullable String contentType) {
        if (contentType != null && contentType.startsWith("application/grpc")) {
            return GRPC.matcher(path).matches() ? path.substring(1) : "";
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
}
