package dev.hearth.engine.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of the files below {@code META-INF/native-image}: written for a set of classes, and read again.
 *
 * <p>The format is GraalVM's reachability-metadata.json as of JDK 25, where JNI is an attribute of reflection.
 */
public final class NativeImageFiles {

    private static final Pattern TYPE = Pattern.compile("\"type\": *\"([^\"]+)\"");
    private static final Pattern GLOB = Pattern.compile("\"glob\": *\"([^\"]+)\"");
    private static final Pattern AT_RUN_TIME = Pattern.compile("--initialize-at-run-time=([^\\s\"]+)");

    private NativeImageFiles() {}

    /** The metadata for these classes, one a line. */
    static String metadata(Iterable<String> types, List<String> globs) {
        List<String> entries = new ArrayList<>();
        for (String type : types) {
            entries.add("    {\"type\": \"" + type + "\", \"jniAccessible\": true, " + access(type) + "}");
        }
        List<String> resources =
                globs.stream().map(glob -> "    {\"glob\": \"" + glob + "\"}").toList();
        return "{\n  \"reflection\": [\n" + String.join(",\n", entries) + "\n  ],\n  \"resources\": [\n"
                + String.join(",\n", resources) + "\n  ]\n}\n";
    }

    // Native code reads and sets members of JavaCPP's own classes and of the JDK's; of other pointers it only makes
    // some.
    private static String access(String type) {
        String members = "\"allDeclaredConstructors\": true, \"allDeclaredMethods\": true, \"allDeclaredFields\": true";
        if (type.startsWith("java.")) {
            return members;
        }
        if (type.startsWith("org.bytedeco.javacpp.")) {
            return members + ", \"unsafeAllocated\": true";
        }
        return "\"allDeclaredConstructors\": true, \"unsafeAllocated\": true";
    }

    /** The classes that a metadata file names. */
    static SortedSet<String> types(String metadata) {
        return all(TYPE, metadata);
    }

    /** The patterns of resources that a metadata file names. */
    static SortedSet<String> globs(String metadata) {
        return all(GLOB, metadata);
    }

    /** The packages and classes whose initialisation these arguments of native-image move to run time. */
    static SortedSet<String> atRunTime(String arguments) {
        SortedSet<String> names = new TreeSet<>();
        for (String list : all(AT_RUN_TIME, arguments)) {
            names.addAll(List.of(list.split(",")));
        }
        return names;
    }

    /** Whether one of the names is the class, or a package around it. */
    static boolean covers(Iterable<String> names, String type) {
        for (String name : names) {
            if (type.equals(name) || type.startsWith(name + ".") || type.startsWith(name + "$")) {
                return true;
            }
        }
        return false;
    }

    private static SortedSet<String> all(Pattern pattern, String text) {
        SortedSet<String> found = new TreeSet<>();
        Matcher hits = pattern.matcher(text);
        while (hits.find()) {
            found.add(hits.group(1));
        }
        return found;
    }
}
