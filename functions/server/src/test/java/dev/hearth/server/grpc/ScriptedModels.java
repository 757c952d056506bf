package dev.hearth.server.grpc;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Model folders for {@link ScriptedBackend}, and the demo models of the repository beside them. */
public final class ScriptedModels implements QuarkusTestResourceLifecycleManager {

    private @Nullable Path root;

    @Override
    public Map<String, String> start() {
        try {
            Path folder = Files.createTempDirectory("hearth-grpc");
            root = folder;
            Map<String, String> settings = new HashMap<>();
            settings.put("hearth.rest.port", "8501");
            settings.put("hearth.grpc.port", "0");
            settings.put("hearth.warmup.enabled", "false");
            settings.put("hearth.lifecycle.max-load-retries", "0");
            // These tests hold runs and count them: each request by itself.
            settings.put("hearth.batching.self-tuning", "false");
            settings.put("hearth.limits.message-bytes", "1000000");
            settings.put("hearth.limits.decompressed-bytes", "2000000");
            settings.put("hearth.limits.in-flight-bytes", "3000000");
            settings.put(
                    "hearth.request-log.prefix", folder.resolve("log/requests").toString());
            settings.put("hearth.request-log.file-bytes", "1");
            for (String name : new String[] {"half_plus_two", "digits", "diabetes"}) {
                settings.put("hearth.request-log.models.\"" + name + "\"", "1");
            }
            model(settings, folder, "scripted", "0", "1", "3");
            settings.put("hearth.models.\"scripted\".labels.\"stable\"", "1");
            settings.put("hearth.models.\"scripted\".labels.\"gone\"", "77");
            model(settings, folder, "gate", "1");
            model(settings, folder, "kept", "1");
            settings.put("hearth.models.\"kept\".cache.enabled", "true");
            model(settings, folder, "throwing", "1");
            model(settings, folder, "unloadable", "5");
            Path demo = Path.of(System.getProperty("repository.root"), "config/models");
            for (String name : new String[] {"half_plus_two", "digits", "diabetes"}) {
                settings.put(
                        "hearth.models.\"" + name + "\".base-path",
                        demo.resolve(name).toString());
            }
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void model(Map<String, String> settings, Path root, String name, String... versions)
            throws IOException {
        for (String version : versions) {
            Path folder = Files.createDirectories(root.resolve(name).resolve(version));
            Files.createFile(folder.resolve(ScriptedBackend.MARK));
        }
        settings.put(
                "hearth.models.\"" + name + "\".base-path", root.resolve(name).toString());
        settings.put("hearth.models.\"" + name + "\".versions", "all");
    }

    @Override
    public void stop() {
        if (root == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(root)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
