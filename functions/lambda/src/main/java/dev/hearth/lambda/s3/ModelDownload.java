package dev.hearth.lambda.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Fetches a zip of models ({@code NAME/VERSION/...}) from S3 and unpacks it, once per instance. What is there already is
 * used: the folder is named by the digest and appears only when it is complete.
 *
 * <p>Used by one thread, which it blocks.
 */
public final class ModelDownload {

    private static final Logger LOG = Logger.getLogger(ModelDownload.class);

    /** Variables of the environment; read before the framework starts, so no keys. */
    static final String URL = "HEARTH_LAMBDA_MODELS_URL";

    static final String SHA256 = "HEARTH_LAMBDA_MODELS_SHA256";

    private static final int CONNECT_MILLIS = 3000;
    private static final int READ_MILLIS = 10_000;
    private static final int TRIES = 3;

    private final S3Object object;
    private final String sha256;
    private final Map<String, String> environment;
    private final Path folder;

    private ModelDownload(S3Object object, String sha256, Map<String, String> environment, Path folder) {
        this.object = object;
        this.sha256 = sha256;
        this.environment = environment;
        this.folder = folder;
    }

    /**
     * What the environment asks for; empty where it asks for none.
     *
     * @param folder to write into
     * @throws IllegalArgumentException when the digest is missing or wrong in form
     */
    public static Optional<ModelDownload> of(Map<String, String> environment, Path folder) {
        String url = environment.get(URL);
        if (url == null || url.isBlank()) {
            return Optional.empty();
        }
        String sha256 = environment.getOrDefault(SHA256, "").strip().toLowerCase(Locale.ROOT);
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(SHA256 + " must be the SHA-256 of " + url
                    + " in 64 hexadecimal digits: nothing is loaded that nobody has vouched for");
        }
        return Optional.of(new ModelDownload(S3Object.parse(url), sha256, environment, folder));
    }

    /**
     * The folder of models.
     *
     * @throws IOException when they cannot be had, or are not what the digest says
     */
    public Path fetch() throws IOException {
        Path models = folder.resolve("models-" + sha256);
        if (Files.isDirectory(models)) {
            return models;
        }
        Files.createDirectories(folder);
        Path archive = Files.createTempFile(folder, "models", ".zip");
        try {
            String found = download(archive);
            if (!found.equals(sha256)) {
                throw new IOException(object + " has SHA-256 " + found + ", but " + SHA256 + " is " + sha256);
            }
            ModelArchive.unpack(archive, models);
        } finally {
            Files.deleteIfExists(archive);
        }
        LOG.infof("Models fetched from s3://%s/%s", object.bucket(), object.key());
        return models;
    }

    private String download(Path archive) throws IOException {
        IOException last = new IOException("not tried");
        for (int i = 0; i < TRIES; i++) {
            try {
                return downloadOnce(archive);
            } catch (FileNotFoundException forGood) {
                throw forGood;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    private String downloadOnce(Path archive) throws IOException {
        String region = environment.getOrDefault("AWS_REGION", "us-east-1");
        URI uri = object.uri(
                region,
                Optional.ofNullable(environment.get("AWS_ENDPOINT_URL_S3")).map(URI::create));
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(READ_MILLIS);
        SignatureV4.headers(
                        uri,
                        region,
                        AwsCredentials.of(environment),
                        Clock.systemUTC().instant(),
                        Map.of())
                .forEach(connection::setRequestProperty);
        int status = connection.getResponseCode();
        if (status != HttpURLConnection.HTTP_OK) {
            String text = "S3 answered " + status + " for " + uri + ": " + errorText(connection);
            // Asking again mends only what is the server's.
            throw status < 500 ? new FileNotFoundException(text) : new IOException(text);
        }
        MessageDigest digest = sha256();
        try (InputStream in = new DigestInputStream(connection.getInputStream(), digest)) {
            Files.copy(in, archive, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String errorText(HttpURLConnection connection) throws IOException {
        try (InputStream error = connection.getErrorStream()) {
            return error == null ? "" : new String(error.readNBytes(500), StandardCharsets.UTF_8);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
