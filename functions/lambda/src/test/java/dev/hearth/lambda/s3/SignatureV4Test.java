package dev.hearth.lambda.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SignatureV4Test {

    private static final AwsCredentials EXAMPLE =
            new AwsCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Optional.empty());

    /** "Example: GET Object" of the Amazon S3 API reference. */
    @Test
    void signsAmazonsExampleAsAmazonDoes() {
        Map<String, String> headers = SignatureV4.headers(
                URI.create("https://examplebucket.s3.amazonaws.com/test.txt"),
                "us-east-1",
                EXAMPLE,
                Instant.parse("2013-05-24T00:00:00Z"),
                Map.of("range", "bytes=0-9"));
        assertThat(headers.get("authorization"))
                .endsWith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
        assertThat(headers.get("x-amz-date")).isEqualTo("20130524T000000Z");
    }

    @Test
    void namesObjectsAsAmazonDoes() {
        S3Object object = S3Object.parse("s3://bucket/a folder/m+1.zip");
        assertThat(object.uri("eu-west-1", Optional.empty()))
                .isEqualTo(URI.create("https://bucket.s3.eu-west-1.amazonaws.com/a%20folder/m%2B1.zip"));
        assertThat(object.uri("eu-west-1", Optional.of(URI.create("http://localhost:9000/"))))
                .isEqualTo(URI.create("http://localhost:9000/bucket/a%20folder/m%2B1.zip"));
        assertThat(S3Object.parse("s3://a.b/c").uri("us-east-1", Optional.empty()))
                .isEqualTo(URI.create("https://s3.us-east-1.amazonaws.com/a.b/c"));
    }

    @Test
    void doesNotTellTheSecret() {
        assertThat(EXAMPLE.toString()).doesNotContain("wJalr");
    }
}
