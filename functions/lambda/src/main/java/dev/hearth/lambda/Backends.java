package dev.hearth.lambda;

import dev.hearth.backend.tflite.TfliteLoaderFactory;
import dev.hearth.backend.tflite.TfliteOptions;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.servable.LoaderFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The backend of the Lambda packaging: TensorFlow Lite with one interpreter, since Lambda sends one request at a time. */
@ApplicationScoped
public class Backends {

    @Produces
    @Singleton
    LoaderFactory tflite(HearthConfig config) {
        return new TfliteLoaderFactory(new TfliteOptions(0, 1, config.tflite().floats()));
    }
}
