package dev.hearth.engine.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What a backend tells GraalVM's native-image, against the jars and libraries that it really uses.
 *
 * <p>After an upgrade the first test fails and leaves the file as it has to be in {@code target/}: look at what changed,
 * then copy it over the old one.
 */
public abstract class NativeImageContract {

    private static final List<String> GLOBS = List.of(
            "org/bytedeco/javacpp/properties/linux-*.properties", "META-INF/maven/org.bytedeco/*/pom.properties");

    private final String artifact;
    private final Class<?> javaCpp;
    private final Class<?> presets;
    private final String library;

    /**
     * @param artifact the backend's artifact, which is also the name of its folder of metadata
     * @param javaCpp a class of JavaCPP's jar
     * @param presets a class of the jar with the classes made for one library
     * @param library the name of that library, without prefix and ending
     */
    protected NativeImageContract(String artifact, Class<?> javaCpp, Class<?> presets, String library) {
        this.artifact = artifact;
        this.javaCpp = javaCpp;
        this.presets = presets;
        this.library = library;
    }

    @Test
    void namesTheClassesOfTheJarsAndNoOthers() throws IOException {
        SortedSet<String> types = new TreeSet<>(holders());
        askedFor().stream().filter(name -> name.startsWith("java.")).forEach(types::add);
        types.add(javaCpp.getPackageName() + ".Loader");
        types.add(javaCpp.getPackageName() + ".Loader$Helper");
        String expected = NativeImageFiles.metadata(types, GLOBS);
        Path wanted = Path.of("target", "reachability-metadata.json");
        Files.writeString(wanted, expected);

        assertThat(file("reachability-metadata.json"))
                .as("metadata for native-image; as it has to be: %s", wanted.toAbsolutePath())
                .isEqualTo(expected);
    }

    @Test
    void namesEveryClassThatTheLibrariesAskFor() throws IOException {
        assertThat(askedFor()).hasSizeGreaterThan(20);
        assertThat(NativeImageFiles.types(file("reachability-metadata.json"))).containsAll(askedFor());
    }

    @Test
    void initialisesEveryHolderAtRunTime() throws IOException {
        SortedSet<String> atRunTime = NativeImageFiles.atRunTime(file("native-image.properties"));

        assertThat(holders()).hasSizeGreaterThan(20).allMatch(holder -> NativeImageFiles.covers(atRunTime, holder));
        assertThat(NativeImageFiles.covers(atRunTime, getClass().getName()))
                .as("the backend's own package, whose constants come from native code")
                .isTrue();
    }

    @Test
    void namesOnlyPackagesThatExist() throws IOException {
        SortedSet<String> classes = new TreeSet<>(NativeTypes.classNames(NativeTypes.jarOf(javaCpp)));
        classes.addAll(NativeTypes.classNames(NativeTypes.jarOf(presets)));
        classes.add(getClass().getName());

        assertThat(NativeImageFiles.atRunTime(file("native-image.properties")))
                .allMatch(name -> classes.stream().anyMatch(type -> NativeImageFiles.covers(List.of(name), type)));
    }

    @Test
    void namesResourcesThatTheJarHolds() throws IOException {
        try (JarFile jar = new JarFile(NativeTypes.jarOf(javaCpp).toFile())) {
            for (String glob : NativeImageFiles.globs(file("reachability-metadata.json"))) {
                Pattern pattern = Pattern.compile(glob.replace(".", "\\.").replace("*", "[^/]*"));
                assertThat(jar.stream().map(entry -> entry.getName()))
                        .anyMatch(name -> pattern.matcher(name).matches());
            }
        }
    }

    private SortedSet<String> holders() {
        List<Path> jars = List.of(NativeTypes.jarOf(javaCpp), NativeTypes.jarOf(presets));
        return NativeTypes.in(jars, classPath());
    }

    // JavaCPP loads a library of its own before that of the presets.
    private SortedSet<String> askedFor() {
        SortedSet<String> names = new TreeSet<>(NativeTypes.askedForBy(libraryFile("jnijavacpp")));
        names.addAll(NativeTypes.askedForBy(libraryFile(library)));
        return names;
    }

    private static Path libraryFile(String library) {
        for (String folder : System.getProperty("java.library.path").split(":")) {
            Path file = Path.of(folder, System.mapLibraryName(library));
            if (Files.exists(file)) {
                return file;
            }
        }
        throw new AssertionError(library + " is not in " + System.getProperty("java.library.path"));
    }

    private static List<Path> classPath() {
        List<Path> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            jars.add(Path.of(entry));
        }
        return jars;
    }

    private String file(String name) throws IOException {
        String path = "/META-INF/native-image/dev.hearth/" + artifact + "/" + name;
        try (var in = getClass().getResourceAsStream(path)) {
            assertThat(in).as(path).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
