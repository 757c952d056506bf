package dev.hearth.engine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells versions apart by what is in their folders: names and sizes of all files, and their bytes. Of a large file the
 * beginning and the end stand for the whole, since reading gigabytes of weights would make loading slower; good enough for
 * measured times, not for answers.
 */
final class ContentHash {

    private static final long WHOLE = 16L << 20;
    private static final int PART = 1 << 20;

    private ContentHash() {}

    /** Hexadecimal; empty when the folder cannot be read. */
    static String of(Path folder) {
        return of(folder, WHOLE);
    }

    /** The same over every byte: tells answers apart, and takes as long as reading gigabytes takes. */
    static String ofAllBytes(Path folder) {
        return of(folder, Long.MAX_VALUE);
    }

    private static String of(Path folder, long whole) {
        // Not the links themselves: a version that is one would be told from no other, whatever it points to.
        try (Stream<Path> found = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] part = new byte[PART];
            List<Path> files = found.filter(Files::isRegularFile).sorted().toList();
            for (Path file : files) {
                digest.update(folder.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                add(digest, file, part, whole);
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (IOException | UncheckedIOException e) {
            return "";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void add(MessageDigest digest, Path file, byte[] part, long whole) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
            long size = bytes.length();
            digest.update(Long.toString(size).getBytes(StandardCharsets.UTF_8));
            long skipTo = size <= whole ? 0 : size - PART;
            for (int read = bytes.read(part); read > 0; read = bytes.read(part)) {
                digest.update(part, 0, read);
                if (skipTo > bytes.getFilePointer()) {
                    bytes.seek(skipTo);
                }
            }
        }
    }
}
