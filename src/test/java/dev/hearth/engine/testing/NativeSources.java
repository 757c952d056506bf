package dev.hearth.engine.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks what a build hands to native-image: the folder with the application's jar, its {@code lib} and the arguments.
 *
 * <p>It is run by {@code ./hearth test --native} on the folders of the server and of the function.
 */
public final class NativeSources {

    private final List<Path> jars;
    private final String arguments;
    private final String properties;
    private final String metadata;

    private NativeSources(List<Path> jars, String arguments) {
        this.jars = jars;
        this.arguments = arguments;
        this.properties = inAll(jars, "native-image.properties");
        this.metadata = inAll(jars, "reachability-metadata.json");
    }

    /** Prints what is wrong with each of the folders; ends with 1 if anything is. */
    public static void main(String[] folders) throws IOException {
        boolean wrong = folders.length == 0;
        for (String name : folders) {
            Path folder = Path.of(name);
            NativeSources sources = read(folder);
            List<String> complaints = sources.complaints();
            complaints.forEach(complaint -> System.err.println(folder + ": " + complaint));
            System.out.printf(
                    "%s: %d jars, %d classes of native presets: %s%n",
                    folder,
                    sources.jars.size(),
                    sources.holders().size(),
                    complaints.isEmpty() ? "metadata and arguments fit" : complaints.size() + " complaints");
            wrong |= !complaints.isEmpty();
        }
        System.exit(wrong ? 1 : 0);
    }

    /** What a build left in a folder. */
    static NativeSources read(Path folder) throws IOException {
        try (Stream<Path> top = Files.list(folder);
                Stream<Path> lib = Files.list(folder.resolve("lib"))) {
            List<Path> jars = Stream.concat(top, lib)
                    .filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
            return new NativeSources(jars, Files.readString(folder.resolve("native-image.args")));
        }
    }

    /** One sentence for each thing that would break the executable; empty is good. */
    List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        Set<String> atRunTime = NativeImageFiles.atRunTime(arguments + "\n" + properties);
        Set<String> named = NativeImageFiles.types(metadata);
        Set<String> present = classes();
        SortedSet<String> holders = holders();
        if (!arguments.contains("-jar")) {
            complaints.add("the arguments name no application");
        }
        if (holders.isEmpty()) {
            complaints.add("no jar holds a preset of JavaCPP");
        }
        for (String holder : holders) {
            if (!NativeImageFiles.covers(atRunTime, holder)) {
                complaints.add(holder + " would be initialised while the image is built");
            }
            if (!named.contains(holder)) {
                complaints.add(holder + " is not in the metadata");
            }
        }
        for (String type : named) {
            if (!type.startsWith("java.") && !present.contains(type)) {
                complaints.add(type + " is in the metadata and in no jar");
            }
        }
        for (Path jar : jars) {
            if (NativeTypes.usesJavaCpp(jar) && holdsLibraries(jar)) {
                complaints.add(jar.getFileName() + " holds shared libraries; they lie beside the executable instead");
            }
        }
        return complaints;
    }

    private SortedSet<String> holders() {
        List<Path> presets = jars.stream().filter(NativeTypes::usesJavaCpp).toList();
        return NativeTypes.in(presets, jars);
    }

    private Set<String> classes() {
        return jars.stream()
                .flatMap(jar -> NativeTypes.classNames(jar).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean holdsLibraries(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream().anyMatch(entry -> entry.getName().matches(".*\\.(so(\\..*)?|dylib|dll)"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String inAll(List<Path> jars, String name) {
        StringBuilder all = new StringBuilder();
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (var entry : file.stream()
                        .filter(e -> e.getName().matches("META-INF/native-image/dev\\.hearth/.*/" + name))
                        .toList()) {
                    all.append(new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all.toString();
    }
}
