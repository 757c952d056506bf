package dev.hearth.server.logging;

import dev.hearth.endpoints.config.HearthConfig;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.LogContext;

/**
 * Turns the lines of the console into JSON where the configuration says so. Done here rather than with an extension, which
 * every start would pay for.
 */
@ApplicationScoped
public class JsonLog {

    private final HearthConfig config;

    JsonLog(HearthConfig config) {
        this.config = config;
    }

    /** Before the models are looked for, so that few lines are left in the other form. */
    void begin(@Observes @Priority(1) StartupEvent event) {
        if (config.log().json()) {
            for (Handler handler : LogContext.getLogContext().getLogger("").getHandlers()) {
                format(handler);
            }
        }
    }

    private static void format(Handler handler) {
        if (handler instanceof ConsoleHandler || handler instanceof org.jboss.logmanager.handlers.ConsoleHandler) {
            handler.setFormatter(new JsonLines());
        }
        if (handler instanceof ExtHandler outer) {
            for (Handler inner : outer.getHandlers()) {
                format(inner);
            }
        }
    }
}
