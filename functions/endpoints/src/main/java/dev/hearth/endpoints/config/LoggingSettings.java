package dev.hearth.endpoints.config;

import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.serving.LoggingConfig;

/**
 * What a {@code logging_config} asks for.
 *
 * @param prefix of the files; empty where it names none
 * @param samplingRate share of the requests, from 0 to 1
 */
public record LoggingSettings(String prefix, double samplingRate) {

    static LoggingSettings of(String model, LoggingConfig config) {
        double rate = config.getSamplingConfig().getSamplingRate();
        if (!(rate >= 0 && rate <= 1)) {
            throw ServingException.invalidArgument(
                    "logging_config of model " + model + ": sampling_rate must be from 0 to 1, not " + rate);
        }
        return new LoggingSettings(config.getLogCollectorConfig().getFilenamePrefix(), rate);
    }
}
