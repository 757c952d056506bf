package dev.hearth.endpoints.config;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.protocol.config.TextConfig;
import dev.hearth.protocol.serving.BatchingParameters;
import dev.hearth.protocol.serving.ModelWarmupOptions;
import dev.hearth.protocol.serving.PlatformConfigMap;
import dev.hearth.protocol.serving.SavedModelBundleSourceAdapterConfig;
import dev.hearth.protocol.serving.SessionBundleConfig;

/**
 * How models are loaded and run, in the message that TensorFlow Serving uses for it: from the platform config file where
 * there is one (keys of session, batching and warm-up are then ignored, as there), else from the keys.
 */
public final class SessionBundles {

    private SessionBundles() {}

    /**
     * Reads files now; blocks.
     *
     * @throws ServingException INVALID_ARGUMENT or NOT_FOUND naming the file
     */
    public static SessionBundleConfig of(HearthConfig config) {
        return config.platformConfigFile()
                .map(file ->
                        ofPlatform(file, ConfigFiles.read("platform config file", file, TextConfig::platformConfigMap)))
                .orElseGet(() -> ofKeys(config));
    }

    private static SessionBundleConfig ofPlatform(String file, PlatformConfigMap platforms) {
        if (!platforms.containsPlatformConfigs("tensorflow")) {
            throw ServingException.invalidArgument(
                    "The platform config file " + file + " has no platform \"tensorflow\"");
        }
        var adapter = platforms.getPlatformConfigsOrThrow("tensorflow").getSourceAdapterConfig();
        try {
            return adapter.unpack(SavedModelBundleSourceAdapterConfig.class).getLegacyConfig();
        } catch (InvalidProtocolBufferException e) {
            throw ServingException.invalidArgument("The platform config file " + file
                    + " must hold a SavedModelBundleSourceAdapterConfig, not " + adapter.getTypeUrl());
        }
    }

    private static SessionBundleConfig ofKeys(HearthConfig config) {
        SessionBundleConfig.Builder bundle = SessionBundleConfig.newBuilder()
                .addAllSavedModelTags(config.tensorFlow().savedModelTags())
                .setEnableModelWarmup(config.warmup().enabled())
                .setPreferTfliteModel(config.tflite().prefer())
                .setNumTflitePools(config.tflite().interpreters());
        config.tensorFlow()
                .sessionConfigFile()
                .ifPresent(file -> bundle.setSessionConfig(
                        ConfigFiles.read("session config file", file, TextConfig::sessionConfig)));
        if (config.warmup().iterations() > 0) {
            bundle.getModelWarmupOptionsBuilder()
                    .getNumRequestIterationsBuilder()
                    .setValue(config.warmup().iterations());
        }
        if (config.batching().enabled()) {
            bundle.setBatchingParameters(config.batching()
                    .parametersFile()
                    .map(file -> ConfigFiles.read("batching parameters file", file, TextConfig::batchingParameters))
                    .orElse(BatchingParameters.getDefaultInstance()));
        } else if (config.batching().parametersFile().isPresent()) {
            throw ServingException.invalidArgument("You supplied --batching_parameters_file without --enable_batching");
        }
        return bundle.build();
    }

    /** How often each warm-up record runs; at least once. */
    public static int warmupIterations(SessionBundleConfig bundle) {
        ModelWarmupOptions options = bundle.getModelWarmupOptions();
        return options.hasNumRequestIterations()
                ? Math.max(1, options.getNumRequestIterations().getValue())
                : 1;
    }
}
