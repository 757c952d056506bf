import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars without their manifest, but for the line that says "multi-release": source, tab, target, line by line on standard input. For each jar with archived classes the
 * virtual machine parses the whole manifest before the first line of main; those of OSGi bundles have thousands. Classes,
 * resources, licences and Maven coordinates stay as they are.
 */
public final class Repack {

    private Repack() {}

    public static void main(String[] args) throws IOException {
        List<String> lines = new String(System.in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).lines().toList();
        for (String line : lines) {
            int tab = line.indexOf('\t');
            copy(Path.of(line.substring(0, tab)), Path.of(line.substring(tab + 1)));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (JarFile jar = new JarFile(from.toFile());
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
            if (jar.isMultiRelease()) {
                Manifest manifest = new Manifest();
                manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
                manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
                out.putNextEntry(entry(JarFile.MANIFEST_NAME, 0));
                manifest.write(out);
            }
            for (ZipEntry entry : new ArrayList<>(java.util.Collections.list(jar.entries()))) {
                if (!entry.isDirectory() && !isOfTheOldManifest(entry.getName())) {
                    out.putNextEntry(entry(entry.getName(), entry.getTime()));
                    try (InputStream in = jar.getInputStream(entry)) {
                        in.transferTo(out);
                    }
                }
            }
        }
    }

    /** Signatures cover a manifest that is not there any more. */
    private static boolean isOfTheOldManifest(String name) {
        return name.equals(JarFile.MANIFEST_NAME)
                || name.equals("META-INF/INDEX.LIST")
                || name.startsWith("META-INF/") && name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
    }

    private static ZipEntry entry(String name, long time) {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(time);
        return entry;
    }
}
