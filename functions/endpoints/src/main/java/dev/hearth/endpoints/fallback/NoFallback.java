package dev.hearth.endpoints.fallback;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** For packagings that bring no fallback. */
@ApplicationScoped
public class NoFallback {

    @Produces
    @Singleton
    @DefaultBean
    Fallback none() {
        return Fallback.NONE;
    }
}
