package dev.hearth.lambda.runtime;

import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.api.client.AWSLambda;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The packaged zip as Lambda's managed Java runtime runs it: unpacked into a folder that is the working directory, a JVM
 * with nothing but the runtime client on its class path, the handler named in a variable.
 */
public final class PackagedFunction implements AutoCloseable {

    public static final String HANDLER = "dev.hearth.lambda.LambdaHandler::handleRequest";

    private static final long START_SECONDS = 60;

    private final RuntimeApi api;
    private final Process process;
    private final Path log;
    private final Duration init;

    private PackagedFunction(RuntimeApi api, Process process, Path log, Duration init) {
        this.api = api;
        this.process = process;
        this.log = log;
        this.init = init;
    }

    /** Unpacks the zip that the build made. */
    public static void unpack(Path zip, Path task) throws IOException {
        try (ZipFile file = new ZipFile(zip.toFile())) {
            Enumeration<? extends ZipEntry> entries = file.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path target = task.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else {
                    Files.createDirectories(target.getParent());
                    try (InputStream in = file.getInputStream(entry)) {
                        Files.copy(in, target);
                    }
                }
            }
        }
    }

    /** Puts a model's folder into the unpacked zip, as whoever deploys does. */
    public static void addModel(Path model, Path task) throws IOException {
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = task.resolve("models").resolve(model.getParent().relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    /**
     * Starts the function; it may still be starting, or have failed to.
     *
     * @param task the unpacked zip
     * @param variables of the function
     */
    public static PackagedFunction launch(Path task, Map<String, String> variables, RuntimeApi api) throws IOException {
        Path log = task.resolveSibling(task.getFileName() + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // As Lambda starts Java, but for the heap.
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx400m", "-cp", runtimeClient()));
        command.add(AWSLambda.class.getName());
        command.add(HANDLER);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(task.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("HEARTH_") || name.startsWith("AWS_"));
        environment.put("AWS_LAMBDA_RUNTIME_API", api.address());
        environment.put("LAMBDA_TASK_ROOT", task.toString());
        environment.put("_HANDLER", HANDLER);
        environment.put("AWS_LAMBDA_FUNCTION_NAME", "hearth");
        environment.put("AWS_LAMBDA_FUNCTION_VERSION", "1");
        environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769");
        environment.put("AWS_REGION", "us-east-1");
        environment.putAll(variables);
        long begun = System.nanoTime();
        Process process = builder.start();
        await(api, process, log, variables.containsValue("snap-start"));
        return new PackagedFunction(api, process, log, Duration.ofNanos(System.nanoTime() - begun));
    }

    private static void await(RuntimeApi api, Process process, Path log, boolean snapshot) throws IOException {
        try {
            if (snapshot) {
                api.snapshot().get(START_SECONDS, TimeUnit.SECONDS);
            } else {
                api.started().get(START_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new AssertionError("the function did not start:\n" + Files.readString(log), e);
        }
    }

    private static String runtimeClient() {
        return Stream.of(AWSLambda.class, LambdaRuntime.class, PojoSerializer.class)
                .map(type -> {
                    try {
                        return Path.of(type.getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toURI())
                                .toString();
                    } catch (URISyntaxException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** From the start of the process to its first question for an event. */
    public Duration init() {
        return init;
    }

    public RuntimeApi api() {
        return api;
    }

    public String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        api.close();
    }
}
