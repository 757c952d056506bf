package dev.hearth.server.access;

import dev.hearth.server.grpc.ScriptedModels;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The models of {@link ScriptedModels}, and a file of API keys that lets nobody in without one. */
public final class GuardedModels implements QuarkusTestResourceLifecycleManager {

    public static final String PREDICTS = "key-that-predicts";
    public static final String WATCHES = "key-that-watches";
    public static final String ADMINISTERS = "key-that-administers";
    /** May do everything, but with {@code digits} only. */
    static final String BOUND = "key-of-one-model";
    /** One request a second. */
    static final String SLOW = "key-of-a-slow-client";
    /** 60,000 bytes in flight. */
    static final String SMALL = "key-of-a-small-client";

    private static final List<String> LINES = List.of(
            line("predictor", PREDICTS, "predict"),
            line("watcher", WATCHES, "status"),
            line("operator", ADMINISTERS, "admin"),
            line("bound", BOUND, "predict,status,admin models=digits"),
            line("slow", SLOW, "predict rate=0.001"),
            line("small", SMALL, "predict bytes=60000"));

    private static volatile Path keys = Path.of("");

    private final ScriptedModels models = new ScriptedModels();

    static String line(String client, String key, String rest) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return client + " sha256:" + HexFormat.of().formatHex(hash) + " " + rest;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public Map<String, String> start() {
        Map<String, String> settings = new HashMap<>(models.start());
        // Warming all models up would wait for the run of this one, which a test would have to let go.
        settings.keySet().removeIf(key -> key.contains("\"gate\""));
        try {
            keys = Files.createTempFile("hearth-keys", ".txt");
            Files.write(keys, LINES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        settings.put("hearth.security.keys-file", keys.toString());
        // These tests make every call there is, those that take models out, too.
        settings.put("hearth.open-inference.model-control", "false");
        settings.put("hearth.security.reload", "100MS");
        settings.put("hearth.rest.cors", "true");
        settings.put("hearth.limits.header-time", "4S");
        settings.put("hearth.limits.body-time", "4S");
        return settings;
    }

    /** Adds lines to the file, as someone who replaces it at once. */
    static void rewrite(String... more) {
        try {
            Path next = Files.createTempFile("hearth-keys", ".new");
            Files.write(next, Stream.concat(LINES.stream(), Stream.of(more)).toList());
            Files.move(next, keys, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        models.stop();
        var unused = keys.toFile().delete();
    }
}
