package dev.hearth.lambda.s3;

import dev.hearth.engine.time.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Fetches a zip of models ({@code NAME/VERSION/...}) from S3 and unpacks it, once per instance. What is there already is
 * used: the folder is named by the digest and appears only when it is complete.
 *
 * <p>Used by one thread, which it blocks, but for no longer than a limit: a store that is slow or silent is asked again within it,
 * and then the start fails with what went wrong last. There is no circuit to open, since an instance asks once.
 */
public final class ModelDownload {

    private static final Logger LOG = Logger.getLogger(ModelDownload.class);

    /** Variables of the environment; read before the framework starts, so no keys. */
    static final String URL = "HEARTH_LAMBDA_MODELS_URL";

    static final String SHA256 = "HEARTH_LAMBDA_MODELS_SHA256";

    static final String SECONDS = "HEARTH_LAMBDA_MODELS_SECONDS";

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration SILENCE = Duration.ofSeconds(10);

    /** Below the function's own timeout, which would end the process without a word. */
    private static final Duration LIMIT = Duration.ofSeconds(25);

    /** A shorter try would only hide what went wrong before. */
    private static final Duration LEAST_TRY = Duration.ofSeconds(1);

    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final S3Object object;
    private final String sha256;
    private final Map<String, String> environment;
    private final Path folder;
    private final Duration limit;
    private final Ticker ticker;

    private ModelDownload(
            S3Object object, String sha256, Map<String, String> environment, Path folder, Duration limit) {
        this.object = object;
        this.sha256 = sha256;
        this.environment = environment;
        this.folder = folder;
        this.limit = limit;
        this.ticker = Ticker.system();
    }

    /**
     * What the environment asks for; empty where it asks for none.
     *
     * @param folder to write into
     * @throws IllegalArgumentException when the digest or the time limit is missing or wrong in form
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
        return Optional.of(
                new ModelDownload(S3Object.parse(url), sha256, environment, folder, limit(environment.get(SECONDS))));
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

    private static Duration limit(@Nullable String seconds) {
        if (seconds == null || seconds.isBlank()) {
            return LIMIT;
        }
        if (!seconds.strip().matches("[1-9][0-9]{0,3}")) {
            throw new IllegalArgumentException(SECONDS + " must be a number of seconds from 1 to 9999, not " + seconds);
        }
        return Duration.ofSeconds(Integer.parseInt(seconds.strip()));
    }

    /** Tries again with growing pauses, each drawn, so that many fresh instances do not come back together. */
    private String download(Path archive) throws IOException {
        long begun = ticker.nanos();
        Duration pause = SHORTEST_PAUSE;
        for (int tries = 1; ; tries++) {
            try {
                return downloadOnce(archive, begun);
            } catch (NotToBeHad forGood) {
                throw forGood;
            } catch (IOException e) {
                Duration wait =
                        pause.dividedBy(2).plusNanos(ThreadLocalRandom.current().nextLong(pause.toNanos() / 2));
                if (left(begun).compareTo(wait.plus(LEAST_TRY)) <= 0) {
                    throw new IOException(
                            "s3://%s/%s cannot be had: tried %d times in %d s (%s), the last time: %s"
                                    .formatted(object.bucket(), object.key(), tries, limit.toSeconds(), SECONDS, e),
                            e);
                }
                LOG.warnf("s3://%s/%s cannot be had yet: %s", object.bucket(), object.key(), e);
                sleep(wait);
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private Duration left(long begun) {
        return limit.minusNanos(ticker.nanos() - begun);
    }

    private static void sleep(Duration time) throws InterruptedIOException {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while models were fetched");
        }
    }

    private String downloadOnce(Path archive, long begun) throws IOException {
        String region = environment.getOrDefault("AWS_REGION", "us-east-1");
        URI uri = object.uri(
                region,
                Optional.ofNullable(environment.get("AWS_ENDPOINT_URL_S3")).map(URI::create));
        HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setConnectTimeout(millis(CONNECT, begun));
        connection.setReadTimeout(millis(SILENCE, begun));
        SignatureV4.headers(
                        uri,
                        region,
                        AwsCredentials.of(environment),
                        Clock.systemUTC().instant(),
                        Map.of())
                .forEach(connection::setRequestProperty);
        try {
            int status = connection.getResponseCode();
            if (status != HttpURLConnection.HTTP_OK) {
                String text = "S3 answered " + status + " for " + uri + ": " + errorText(connection);
                // Asking again mends only what is the server's, and being told to slow down.
                throw status < 500 && status != 429 ? new NotToBeHad(text) : new IOException(text);
            }
            requireRoom(connection.getContentLengthLong());
            return copy(connection, archive, begun);
        } finally {
            connection.disconnect();
        }
    }

    private int millis(Duration most, long begun) {
        Duration left = left(begun);
        return (int) Math.max(1, (left.compareTo(most) < 0 ? left : most).toMillis());
    }

    /** Looks at the time after each piece: a server that sends a byte now and then would never be silent. */
    private String copy(HttpURLConnection connection, Path archive, long begun) throws IOException {
        MessageDigest digest = sha256();
        long length = 0;
        try (InputStream in = new DigestInputStream(connection.getInputStream(), digest);
                OutputStream out = Files.newOutputStream(archive)) {
            byte[] piece = new byte[1 << 16];
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                out.write(piece, 0, read);
                length += read;
                if (left(begun).isNegative()) {
                    throw new IOException("only " + length + " bytes came in time");
                }
            }
        }
        long announced = connection.getContentLengthLong();
        if (announced >= 0 && length != announced) {
            throw new IOException("the answer ended after " + length + " of " + announced + " bytes");
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void requireRoom(long bytes) throws IOException {
        long room = Files.getFileStore(folder).getUsableSpace();
        if (bytes > room) {
            throw new NotToBeHad("s3://%s/%s has %d bytes, and %s has room for %d"
                    .formatted(object.bucket(), object.key(), bytes, folder, room));
        }
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
