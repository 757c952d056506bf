package dev.hearth.lambda.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Unpacks zips of models. Stateless; blocks. */
final class ModelArchive {

    private ModelArchive() {}

    /**
     * Unpacks into a folder that appears when it is complete.
     *
     * @throws IOException when the archive is no zip, or has an entry that would lie outside of the folder
     */
    static void unpack(Path archive, Path folder) throws IOException {
        Path part = Files.createTempDirectory(folder.toAbsolutePath().getParent(), "models");
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                Path target = part.resolve(entry.getName()).normalize();
                if (!target.startsWith(part)) {
                    throw new IOException("The archive has an entry outside of it: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                    continue;
                }
                Files.createDirectories(target.getParent());
                try (InputStream in = zip.getInputStream(entry)) {
                    Files.copy(in, target);
                }
            }
        }
        Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
    }
}
