package dev.hearth.endpoints.access;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.endpoints.config.SecurityConfig;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.Meters;
import io.quarkus.arc.All;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Makes what guards the way in, from {@code hearth.security} keys. A file of keys that cannot be read stops the start. */
@ApplicationScoped
public class AccessProducer {

    private static final Logger LOG = Logger.getLogger(AccessProducer.class);

    @Produces
    @Singleton
    AccessOptions options(HearthConfig config, @All List<TokenReader> tokens) {
        SecurityConfig keys = config.security();
        boolean credentials = keys.keysFile().isPresent() || tokens.stream().anyMatch(TokenReader::enabled);
        return new AccessOptions(
                credentials, keys.adminPort(), limits(keys).any(), config.rest().cors(), keys.reload());
    }

    private static ClientLimits limits(SecurityConfig keys) {
        return new ClientLimits(
                keys.client().rate(), keys.client().inFlight(), keys.client().bytes());
    }

    @Produces
    @Singleton
    Clients clients(HearthConfig config, ServingEngine engine) {
        return new Clients(limits(config.security()), engine.ticker());
    }

    @Produces
    @Singleton
    AccessControl control(
            HearthConfig config,
            AccessOptions options,
            @All List<TokenReader> tokens,
            ServingEngine engine,
            MicrometerServingMetrics metrics) {
        AccessControl control = new AccessControl(
                options.credentials(),
                tokens.stream().filter(TokenReader::enabled).findFirst().orElse(null),
                anonymous(config.security()),
                engine.ticker());
        tokens.forEach(reader -> reader.whenKeysChange(control::forgetTokens));
        if (options.credentials()) {
            metrics.counter(Meters.REFUSED, control, AccessControl::unauthenticated, "unauthenticated");
            metrics.counter(Meters.REFUSED, control, AccessControl::denied, "permission_denied");
            config.security().keysFile().map(Path::of).ifPresent(file -> {
                control.use(KeyFile.read(file));
                FileWatch.every(options.reload(), List.of(file), () -> reread(control, file));
            });
        }
        return control;
    }

    private static void reread(AccessControl control, Path file) {
        try {
            control.use(KeyFile.read(file));
            LOG.infof("The API keys of %s have been read again", file);
        } catch (ServingException wrong) {
            LOG.errorf("The API keys stay as they were: %s", wrong.getMessage());
        }
    }

    private static @Nullable Grant anonymous(SecurityConfig keys) {
        Optional<List<String>> words = keys.anonymousRoles();
        if (words.isEmpty()) {
            return null;
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        try {
            words.get().forEach(word -> roles.add(Role.named(word)));
        } catch (IllegalArgumentException wrong) {
            throw ServingException.invalidArgument("hearth.security.anonymous-roles: " + wrong.getMessage());
        }
        return new Grant("", roles, Set.of(), ClientLimits.UNSET);
    }
}
