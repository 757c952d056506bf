package dev.hearth.server.grpc;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The model {@code scripted} of {@link ScriptedBackend} with the limits that the server has by default. */
public final class UnboundedModels implements QuarkusTestResourceLifecycleManager {

    private Path folder = Path.of("");

    @Override
    public Map<String, String> start() {
        try {
            folder = Files.createTempDirectory("hearth-large");
            Files.createFile(
                    Files.createDirectories(folder.resolve("scripted/1")).resolve(ScriptedBackend.MARK));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> settings = new HashMap<>();
        settings.put("hearth.rest.port", "8501");
        settings.put("hearth.grpc.port", "0");
        settings.put("hearth.warmup.enabled", "false");
        settings.put(
                "hearth.models.\"scripted\".base-path",
                folder.resolve("scripted").toString());
        return settings;
    }

    @Override
    public void stop() {
        for (String path : new String[] {"scripted/1/" + ScriptedBackend.MARK, "scripted/1", "scripted", ""}) {
            var unused = folder.resolve(path).toFile().delete();
        }
    }
}
