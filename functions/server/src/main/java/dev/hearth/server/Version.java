package dev.hearth.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What {@code --version} prints, in the form of TensorFlow Serving's two lines. */
public final class Version {

    private Version() {}

    static String text() {
        Properties versions = versions();
        return "Hearth ModelServer: " + versions.getProperty("hearth") + System.lineSeparator() + "TensorFlow Library: "
                + versions.getProperty("tensorflow") + System.lineSeparator();
    }

    /** Hearth's own, e.g. {@code 1.2.3}. */
    public static String ofHearth() {
        return String.valueOf(versions().getProperty("hearth"));
    }

    private static Properties versions() {
        Properties versions = new Properties();
        try (InputStream in = Version.class.getResourceAsStream("/hearth-version.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
