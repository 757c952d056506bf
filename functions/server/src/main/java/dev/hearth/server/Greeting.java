package dev.hearth.server;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.servable.ServableState;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * For someone who tries the server at a terminal: prints a command that can be pasted, once for each model of the model
 * store that has a sample request beside it ({@code samples/MODEL_predict.json}), when the model is available.
 */
@ApplicationScoped
public class Greeting {

    private final ServingEngine engine;
    private final HearthConfig config;
    private final Set<ModelName> greeted = ConcurrentHashMap.newKeySet();

    Greeting(ServingEngine engine, HearthConfig config) {
        this.engine = engine;
        this.config = config;
    }

    /** Before the models load, so that none is missed. */
    void listen(@Observes @Priority(5) StartupEvent event) {
        if (config.modelStorePath().isPresent() && config.rest().port() != 0) {
            Path samples = Path.of(config.modelStorePath().get(), "samples");
            var unused = engine.listen(status -> {
                if (status.state() == ServableState.AVAILABLE) {
                    greet(status.id().name(), samples);
                }
            });
        }
    }

    private void greet(ModelName model, Path samples) {
        Path sample = samples.resolve(model.value() + "_predict.json").normalize();
        if (sample.startsWith(samples) && Files.isRegularFile(sample) && greeted.add(model)) {
            System.out.printf(
                    "%n  Try it:  curl -d @%s http://localhost:%d/v1/models/%s:predict%n%n",
                    sample, config.rest().port(), model);
        }
    }
}
