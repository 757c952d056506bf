package dev.hearth.lambda.s3;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;

/** An S3 server in this process that takes only correctly signed requests. Only for tests. */
public final class LocalS3 implements AutoCloseable {

    public static final String BUCKET = "models";
    static final String KEY_ID = "local-key";
    static final String SECRET = "local-secret";

    private final BlobStoreContext context;
    private final S3Proxy proxy;

    public LocalS3() throws Exception {
        context = ContextBuilder.newBuilder("transient")
                .credentials("identity", "credential")
                .overrides(new Properties())
                .build(BlobStoreContext.class);
        context.getBlobStore().createContainerInLocation(null, BUCKET);
        proxy = S3Proxy.builder()
                .blobStore(context.getBlobStore())
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
                .build();
        proxy.start();
    }

    public void put(String key, byte[] content) {
        BlobStore store = context.getBlobStore();
        store.putBlob(BUCKET, store.blobBuilder(key).payload(content).build());
    }

    /** The variables of a function whose role may read the bucket. */
    public Map<String, String> environment(String key, String sha256) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("AWS_ACCESS_KEY_ID", KEY_ID);
        environment.put("AWS_SECRET_ACCESS_KEY", SECRET);
        environment.put("AWS_REGION", "us-east-1");
        environment.put("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:" + proxy.getPort());
        environment.put(ModelDownload.URL, "s3://" + BUCKET + "/" + key);
        environment.put(ModelDownload.SHA256, sha256);
        return environment;
    }

    /** A zip of a model's folder, under its name. */
    public static byte[] archive(Path model) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry(model.toAbsolutePath()
                        .getParent()
                        .relativize(file.toAbsolutePath())
                        .toString()));
                zip.write(Files.readAllBytes(file));
            }
        }
        return out.toByteArray();
    }

    public static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    @Override
    public void close() throws Exception {
        proxy.stop();
        context.close();
    }
}
