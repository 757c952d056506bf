package dev.hearth.server.fallback;

import dev.hearth.endpoints.config.HearthConfig;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Where requests may go, which, and how many.
 *
 * @param server without a path
 * @param models exceptions from {@code allModels}
 * @param timeout longest wait for an answer
 * @param requests at once
 * @param requestBytes longest body
 * @param circuit when to stop asking
 */
record FallbackOptions(
        URI server,
        Map<String, Boolean> models,
        boolean allModels,
        Optional<String> authorization,
        Duration timeout,
        int requests,
        int requestBytes,
        Circuit circuit) {

    /**
     * @param requests that are looked back on
     * @param failures share of them that opens the circuit
     * @param delay for which it then stays open
     */
    record Circuit(int requests, double failures, Duration delay) {

        Circuit {
            if (requests < 1 || !(failures > 0 && failures <= 1) || delay.isNegative() || delay.isZero()) {
                throw new IllegalArgumentException(
                        "hearth.fallback.circuit-*: requests and delay must be positive, failures in (0, 1]");
            }
        }
    }

    FallbackOptions {
        models = Map.copyOf(models);
        if (!("http".equals(server.getScheme()) || "https".equals(server.getScheme())) || server.getHost() == null) {
            throw new IllegalArgumentException(
                    "hearth.fallback.url must be http://HOST or https://HOST, not " + server);
        }
        if (timeout.isNegative() || timeout.isZero() || requests < 1 || requestBytes < 1) {
            throw new IllegalArgumentException(
                    "hearth.fallback.timeout, .requests and .request-bytes must be positive");
        }
    }

    @Override
    public String toString() {
        return "FallbackOptions[" + server + "]";
    }

    static Optional<FallbackOptions> of(HearthConfig.Fallback config) {
        return config.url()
                .filter(url -> !url.isBlank())
                .map(url -> new FallbackOptions(
                        URI.create(url.strip().replaceFirst("/+$", "")),
                        config.models(),
                        config.allModels(),
                        config.authorization(),
                        config.timeout(),
                        config.requests(),
                        config.requestBytes(),
                        new Circuit(config.circuitRequests(), config.circuitFailures(), config.circuitDelay())));
    }
}
