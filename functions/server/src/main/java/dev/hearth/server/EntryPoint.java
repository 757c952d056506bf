package dev.hearth.server;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * From flags and environment to the settings Quarkus starts with: the container conventions of TensorFlow Serving's
 * image ({@code MODEL_NAME}, {@code MODEL_BASE_PATH}) and of Knative ({@code PORT}), and which ports are open.
 *
 * <p>The first listener is Quarkus' own; where REST and gRPC have different ports, {@link SecondListener} adds the other.
 */
final class EntryPoint {

    private static final String REST_PORT = "hearth.rest.port";
    private static final String GRPC_PORT = "hearth.grpc.port";

    private EntryPoint() {}

    static Map<String, String> settings(Map<String, String> flags, Map<String, String> environment) {
        Map<String, String> settings = new LinkedHashMap<>(flags);
        models(settings, environment);
        ports(settings, environment);
        return settings;
    }

    private static void models(Map<String, String> settings, Map<String, String> environment) {
        String basePath = environment.get("MODEL_BASE_PATH");
        String name = environment.get("MODEL_NAME");
        boolean chosen = settings.keySet().stream().anyMatch(key -> key.startsWith("hearth.model"))
                || environment.keySet().stream().anyMatch(key -> key.startsWith("HEARTH_MODEL"));
        if (!chosen && (basePath != null || name != null)) {
            String model = name == null ? "model" : name;
            settings.put("hearth.model-name", model);
            settings.put("hearth.model-base-path", (basePath == null ? "/models" : basePath) + "/" + model);
        }
    }

    private static void ports(Map<String, String> settings, Map<String, String> environment) {
        Optional<String> rest = given(REST_PORT, settings, environment);
        Optional<String> grpc = given(GRPC_PORT, settings, environment);
        String only = environment.get("PORT");
        if (rest.isEmpty() && grpc.isEmpty() && only != null) {
            rest = Optional.of(only);
            grpc = Optional.of("0");
        }
        int restPort = Integer.parseInt(rest.orElse("8501"));
        int grpcPort = Integer.parseInt(grpc.orElse("8500"));
        if (restPort == 0 && grpcPort == 0) {
            throw new IllegalArgumentException("--port and --rest_api_port are both 0: there is nothing to listen on");
        }
        settings.put(REST_PORT, Integer.toString(restPort));
        settings.put(GRPC_PORT, Integer.toString(grpcPort));
        if (restPort == 0
                && given("hearth.grpc.ssl-config-file", settings, environment).isPresent()) {
            // The only port has TLS, which SecondListener brings; Quarkus' own listener cannot be switched off.
            settings.put("quarkus.http.host", "127.0.0.1");
            settings.put("quarkus.http.port", "0");
        } else {
            settings.put("quarkus.http.port", Integer.toString(restPort == 0 ? grpcPort : restPort));
        }
        tls(settings, environment);
    }

    /** Quarkus' listener takes certificates by its registry of them, which gets them from {@link TlsFiles}. */
    private static void tls(Map<String, String> settings, Map<String, String> environment) {
        Optional<String> certificate = given("hearth.tls.certificate", settings, environment);
        if (certificate.isEmpty()) {
            return;
        }
        if (given("hearth.tls.key", settings, environment).isEmpty()) {
            throw new IllegalArgumentException("hearth.tls.certificate needs hearth.tls.key");
        }
        settings.put(
                "quarkus.tls." + ListenerTls.NAME + ".reload-period",
                given("hearth.security.reload", settings, environment).orElse("5S"));
        settings.put("quarkus.http.tls-configuration-name", ListenerTls.NAME);
        settings.put("quarkus.http.insecure-requests", "disabled");
        settings.put("quarkus.http.ssl-port", String.valueOf(settings.get("quarkus.http.port")));
    }

    private static Optional<String> given(String key, Map<String, String> settings, Map<String, String> environment) {
        String variable = key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
        return Optional.ofNullable(settings.get(key))
                .or(() -> Optional.ofNullable(System.getProperty(key)))
                .or(() -> Optional.ofNullable(environment.get(variable)))
                .filter(text -> !text.isBlank());
    }
}
