package dev.hearth.server.access;

import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.server.HearthMain;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The calls that resource classes answer, found in the class files: nobody has to list a new one. */
final class EveryCall {

    /** The model that templates of paths are filled with. */
    static final String MODEL = "half_plus_two";

    /** A call over HTTP. */
    record Call(String method, String path) {}

    private EveryCall() {}

    static List<Call> ofResources() throws IOException, URISyntaxException, ClassNotFoundException {
        List<Call> calls = new ArrayList<>();
        for (Class<?> home : List.of(HearthConfig.class, HearthMain.class)) {
            for (String name : classNames(home)) {
                Class<?> type = Class.forName(name, false, EveryCall.class.getClassLoader());
                Path root = type.getAnnotation(Path.class);
                for (Method method : root == null ? new Method[0] : type.getDeclaredMethods()) {
                    String verb = verb(method);
                    if (verb != null) {
                        Path below = method.getAnnotation(Path.class);
                        calls.add(new Call(verb, filled(root.value() + (below == null ? "" : below.value()))));
                    }
                }
            }
        }
        return calls;
    }

    private static @Nullable String verb(Method method) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (verb != null) {
                return verb.value();
            }
        }
        return null;
    }

    private static String filled(String template) {
        return template.replace("{model}", MODEL).replace("{method}", "Predict").replaceAll("\\{[^}]*\\}", "1");
    }

    private static Set<String> classNames(Class<?> home) throws IOException, URISyntaxException {
        URI place = home.getProtectionDomain().getCodeSource().getLocation().toURI();
        java.nio.file.Path path = java.nio.file.Path.of(place);
        if (Files.isDirectory(path)) {
            return classNames(path);
        }
        try (FileSystem jar = FileSystems.newFileSystem(path)) {
            return classNames(jar.getPath("/"));
        }
    }

    private static Set<String> classNames(java.nio.file.Path root) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<java.nio.file.Path> files = Files.walk(root)) {
            files.map(file -> root.relativize(file).toString().replace('/', '.'))
                    .filter(name -> name.startsWith("dev.hearth.") && name.endsWith(".class"))
                    .filter(name -> !name.endsWith("package-info.class"))
                    .map(name -> name.substring(0, name.length() - ".class".length()))
                    .forEach(names::add);
        }
        return names;
    }
}
