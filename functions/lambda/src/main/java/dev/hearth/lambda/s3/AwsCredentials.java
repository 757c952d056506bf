package dev.hearth.lambda.s3;

import dev.hearth.endpoints.codec.json.JsonMembers;
import dev.hearth.endpoints.codec.json.JsonText;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who asks. From the environment, or with SnapStart, where the environment is that of the snapshot, from the endpoint that
 * Lambda names.
 *
 * @param keyId public part
 * @param secret the other part; never logged
 * @param token of a session, which a function's role has
 */
record AwsCredentials(String keyId, String secret, Optional<String> token) {

    private static final int MILLIS = 2000;

    @Override
    public String toString() {
        return "AwsCredentials[" + keyId + "]";
    }

    /**
     * Blocks where an endpoint is asked.
     *
     * @throws IOException when there are none
     */
    static AwsCredentials of(Map<String, String> environment) throws IOException {
        String keyId = environment.get("AWS_ACCESS_KEY_ID");
        String secret = environment.get("AWS_SECRET_ACCESS_KEY");
        if (keyId != null && secret != null) {
            return new AwsCredentials(keyId, secret, Optional.ofNullable(environment.get("AWS_SESSION_TOKEN")));
        }
        String endpoint = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        if (endpoint == null) {
            throw new NotToBeHad("No credentials for S3: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor"
                    + " AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
        }
        return ask(URI.create(endpoint), environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    }

    private static AwsCredentials ask(URI endpoint, @Nullable String authorization) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) endpoint.toURL().openConnection();
        connection.setConnectTimeout(MILLIS);
        connection.setReadTimeout(MILLIS);
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        try (InputStream in = connection.getInputStream()) {
            JsonMembers members =
                    JsonMembers.of(JsonText.copyOf(in.readAllBytes()), "AccessKeyId", "SecretAccessKey", "Token");
            String keyId = members.string("AccessKeyId");
            String secret = members.string("SecretAccessKey");
            if (keyId == null || secret == null) {
                throw new IOException("The credentials endpoint answered without AccessKeyId and SecretAccessKey");
            }
            return new AwsCredentials(keyId, secret, Optional.ofNullable(members.string("Token")));
        } finally {
            connection.disconnect();
        }
    }
}
