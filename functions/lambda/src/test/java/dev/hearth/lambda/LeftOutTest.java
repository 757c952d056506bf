package dev.hearth.lambda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.config.HearthConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeftOutTest {

    @ParameterizedTest
    @CsvSource({
        "hearth.security.jwt.issuer, https://issuer.example.com, JWT authorizer",
        "hearth.security.jwt.keys, /keys.pem, tokens are not checked",
        "hearth.tls.client-ca, /ca.pem, mutual TLS",
        "hearth.gpu.required, true, no GPU",
    })
    void refusesToStartWithoutAProtectionThatIsAskedFor(String key, String value, String text) {
        assertThatThrownBy(() -> new LeftOut(config(Map.of(key, value))).tell())
                .hasMessageContaining("does not start without it")
                .hasMessageContaining(text);
    }

    @ParameterizedTest
    @CsvSource({
        "hearth.tls.certificate, /c.pem",
        "hearth.security.admin-port, 9000",
        "hearth.tracing.endpoint, http://localhost:4318",
        "hearth.fallback.url, https://hearth.example.com",
        "hearth.request-log.prefix, /tmp/log",
        "hearth.log.access, true",
    })
    void saysWhatHasNoEffectAndStarts(String key, String value) {
        HearthConfig config = config(Map.of(key, value));
        assertThat(LeftOut.refused(config)).isEmpty();
        assertThat(LeftOut.ignored(config)).singleElement().asString().contains(key);
        new LeftOut(config).tell();
    }

    @Test
    void isSilentByDefault() {
        assertThat(LeftOut.refused(config(Map.of()))).isEmpty();
        assertThat(LeftOut.ignored(config(Map.of()))).isEmpty();
    }

    private static HearthConfig config(Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .withMapping(HearthConfig.class)
                .withSources(new PropertiesConfigSource(settings, "test", 100))
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .build()
                .getConfigMapping(HearthConfig.class);
    }
}
