package dev.hearth.engine.repository;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The version folders found below one base path.
 *
 * @param folders version to folder
 * @param remarks what is odd there, for the log; the same oddity gives the same text
 */
record VersionFolders(NavigableMap<Long, Path> folders, List<String> remarks) {

    /**
     * Lists a base path. A child is a version when its name is a decimal number of 64 bits without sign and it is a
     * folder (or a link to one). TensorFlow Serving takes plain files and negative numbers for versions, too; neither can
     * be meant, so the first are passed over and the second remarked on.
     *
     * @throws IOException when the base path cannot be listed
     */
    static VersionFolders list(Path basePath) throws IOException {
        List<String> names = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(basePath)) {
            for (Path child : children) {
                names.add(String.valueOf(child.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        NavigableMap<Long, Path> folders = new TreeMap<>();
        for (String name : names) {
            OptionalLong version = version(name);
            if (version.isEmpty()) {
                if (name.length() > 1 && name.charAt(0) == '-' && digits(name, 1)) {
                    remarks.add("Ignoring " + basePath.resolve(name) + ": a version cannot be negative");
                }
                continue;
            }
            Path folder = basePath.resolve(name);
            if (!Files.isDirectory(folder)) {
                continue;
            }
            Path before = folders.put(version.getAsLong(), folder);
            if (before != null) {
                remarks.add("Version " + version.getAsLong() + " exists twice under " + basePath + ": taking "
                        + folder.getFileName() + ", ignoring " + before.getFileName());
            }
        }
        return new VersionFolders(folders, remarks);
    }

    /** The number that a folder's name stands for: decimal digits only, leading zeros allowed. */
    static OptionalLong version(String name) {
        if (name.isEmpty() || !digits(name, 0)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(name));
        } catch (NumberFormatException tooLong) {
            return OptionalLong.empty();
        }
    }

    private static boolean digits(String name, int from) {
        for (int i = from; i < name.length(); i++) {
            if (name.charAt(i) < '0' || name.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
