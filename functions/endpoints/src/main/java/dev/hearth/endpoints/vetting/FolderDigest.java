package dev.hearth.endpoints.vetting;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * One SHA-256 for a folder: that of the list which {@code sha256sum} prints for its files in the order of their names as
 * bytes. {@code ./hearth digest FOLDER} computes the same with the system's tools. Reads every byte.
 */
final class FolderDigest {

    private static final int PART = 1 << 16;

    private FolderDigest() {}

    /** @throws IOException also for names of files that a list of lines cannot hold */
    static String of(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                names.add("./" + folder.relativize(file));
            }
        }
        names.sort((a, b) -> Arrays.compareUnsigned(bytes(a), bytes(b)));
        MessageDigest list = sha256();
        for (String name : names) {
            if (name.chars().anyMatch(c -> c == '\\' || c < ' ')) {
                throw new IOException("a file has a backslash or a control character in its name");
            }
            list.update(bytes(ofFile(folder.resolve(name)) + "  " + name + "\n"));
        }
        return HexFormat.of().formatHex(list.digest());
    }

    private static String ofFile(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] part = new byte[PART];
            int read = 0;
            while (read >= 0) {
                read = in.read(part);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
