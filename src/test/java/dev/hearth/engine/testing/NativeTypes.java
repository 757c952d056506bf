package dev.hearth.engine.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * The classes of JavaCPP's presets that GraalVM's native-image must know about, found in the jars themselves.
 *
 * <p>Those are the classes with native methods, the pointers (native code makes them without a constructor), and the
 * presets (JavaCPP reads and instantiates them by name). No class is initialised, so no library is loaded.
 */
public final class NativeTypes {

    private static final String POINTER = "org.bytedeco.javacpp.Pointer";
    private static final String PRESETS = "org.bytedeco.javacpp.annotation.Properties";
    private static final Pattern NAME_IN_LIBRARY = Pattern.compile("(?<=\0)(?:org|java)/[A-Za-z0-9_/$]+(?=\0)");

    private NativeTypes() {}

    /** Names of the classes in the first jars that need metadata; all jars together are the class path. */
    public static SortedSet<String> in(Collection<Path> jars, Collection<Path> classPath) {
        SortedSet<String> found = new TreeSet<>();
        try (URLClassLoader loader = new URLClassLoader(
                classPath.stream().map(NativeTypes::url).toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            for (Path jar : jars) {
                for (String name : classNames(jar)) {
                    if (mattersToNativeImage(name, loader)) {
                        found.add(name);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    /** Names of the Java classes that a library of JavaCPP's asks the virtual machine for when it is loaded. */
    public static SortedSet<String> askedForBy(Path library) {
        try {
            SortedSet<String> names = new TreeSet<>();
            String text = Files.readString(library, StandardCharsets.ISO_8859_1);
            NAME_IN_LIBRARY
                    .matcher(text)
                    .results()
                    .forEach(hit -> names.add(hit.group().replace('/', '.')));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a jar holds classes that use JavaCPP. */
    static boolean usesJavaCpp(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.stream()
                    .map(entry -> entry.getName())
                    .anyMatch(name -> name.startsWith("org/bytedeco/") || name.startsWith("org/tensorflow/"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names of all classes in a jar. */
    static SortedSet<String> classNames(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            SortedSet<String> names = new TreeSet<>();
            file.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.endsWith(".class") && !name.startsWith("META-INF/"))
                    .map(name -> name.substring(0, name.length() - ".class".length()))
                    .filter(name -> !name.endsWith("module-info"))
                    .forEach(name -> names.add(name.replace('/', '.')));
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean mattersToNativeImage(String name, ClassLoader loader) {
        try {
            Class<?> type = Class.forName(name, false, loader);
            return Arrays.stream(type.getDeclaredMethods()).anyMatch(m -> Modifier.isNative(m.getModifiers()))
                    || Arrays.stream(type.getAnnotations())
                            .anyMatch(a -> a.annotationType().getName().equals(PRESETS))
                    || isPointer(type);
        } catch (ClassNotFoundException | LinkageError buildToolOfJavaCpp) {
            return false;
        }
    }

    private static boolean isPointer(Class<?> type) {
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            if (c.getName().equals(POINTER)) {
                return true;
            }
        }
        return false;
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(jar.toString(), e);
        }
    }

    /** The jar on this process' class path that holds a class. */
    public static Path jarOf(Class<?> type) {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().getPath()).toPath();
    }
}
