package dev.hearth.lambda;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.SecurityConfig;
import dev.hearth.engine.error.ServingException;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * What keys ask for that only the server has: nobody shall believe that it works here. A key whose protection would be
 * missing ends the start; any other is a line of the log. Used once, by the thread that starts the function.
 */
@Singleton
public class LeftOut {

    private static final Logger LOG = Logger.getLogger(LeftOut.class);

    private final HearthConfig config;

    LeftOut(HearthConfig config) {
        this.config = config;
    }

    /** Before models are loaded. */
    void tell(@Observes @Priority(1) StartupEvent started) {
        tell();
    }

    /**
     * Refuses or warns, before anything else is started.
     *
     * @throws ServingException naming the keys without which the function would be less guarded than its owner believes
     */
    void tell() {
        List<String> refused = refused(config);
        if (!refused.isEmpty()) {
            throw ServingException.invalidArgument(
                    "The Lambda packaging does not have what these keys ask for, and does not start without it: "
                            + String.join("; ", refused));
        }
        ignored(config).forEach(LOG::warn);
    }

    static List<String> refused(HearthConfig config) {
        List<String> refused = new ArrayList<>();
        SecurityConfig security = config.security();
        if (security.jwt().keys().isPresent() || security.jwt().issuer().isPresent()) {
            refused.add(
                    "hearth.security.jwt (tokens are not checked here; have the HTTP API's JWT authorizer or IAM do it,"
                            + " or use hearth.security.keys-file)");
        }
        if (config.tls().clientCa().isPresent()) {
            refused.add("hearth.tls.client-ca (Lambda ends TLS; have the HTTP API's mutual TLS check clients)");
        }
        if (config.gpu().required()) {
            refused.add("hearth.gpu.required (Lambda has no GPU)");
        }
        return refused;
    }

    static List<String> ignored(HearthConfig config) {
        List<String> ignored = new ArrayList<>();
        if (config.tls().certificate().isPresent()) {
            ignored.add("hearth.tls.certificate has no effect on Lambda, which ends TLS itself");
        }
        if (config.security().adminPort() != 0) {
            ignored.add("hearth.security.admin-port: Lambda has no ports, so administrators' calls are refused");
        }
        if (config.tracing().endpoint().isPresent()) {
            ignored.add("hearth.tracing.endpoint has no effect on Lambda: only the server sends traces");
        }
        if (config.fallback().url().isPresent()) {
            ignored.add("hearth.fallback.url has no effect on Lambda: only the server asks another Hearth");
        }
        if (config.requestLog().prefix().isPresent()) {
            ignored.add(
                    "hearth.request-log.prefix: files below /tmp are lost with the instance, and nothing else can be"
                            + " written");
        }
        if (config.log().json() || config.log().access()) {
            ignored.add("hearth.log.json and hearth.log.access have no effect on Lambda: only the server has them");
        }
        return ignored;
    }
}
