package dev.hearth.endpoints.access;

import jakarta.inject.Singleton;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Hearth's functions and Quarkus' own endpoints need. */
@Singleton
public class ServerNeeds implements NeedTable {

    @Override
    public @Nullable Need need(String method, String target, String path) {
        if (path.startsWith("/functions/")) {
            return function(
                    method, List.of(path.substring("/functions/".length()).split("/", -1)));
        }
        // Probes come from orchestrators, which have no credentials.
        if (path.equals("/q/health") || path.startsWith("/q/health/")) {
            return Need.NOTHING;
        }
        return path.equals("/q/metrics") || path.startsWith("/q/health-ui") ? Need.SERVER_STATUS : null;
    }

    private static @Nullable Need function(String method, List<String> words) {
        boolean post = method.equals("POST");
        boolean get = method.equals("GET") || method.equals("HEAD");
        int count = words.size();
        String model = count < 2 ? "" : decode(words.get(1));
        if (count > 1 && model.isEmpty()) {
            return null;
        }
        return switch (words.get(0)) {
            case "predict" -> post && count == 2 ? Need.predict(model) : null;
            case "protobuf" -> post && count == 2 ? Need.inBody(Role.PREDICT) : null;
            case "model-status" -> {
                if (get && count == 1) {
                    yield Need.SERVER_STATUS;
                }
                // Names of models are not read by the live page's figures, which are about all of them.
                if (get && words.get(1).equals("-")) {
                    yield Need.SERVER_STATUS;
                }
                if (get) {
                    yield Need.status(model);
                }
                yield post && count >= 3 ? Need.admin(model) : null;
            }
            case "warmup" -> !post ? null : count == 1 ? Need.SERVER_ADMIN : count == 2 ? Need.admin(model) : null;
            default -> null;
        };
    }

    private static String decode(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return segment;
        }
    }
}
