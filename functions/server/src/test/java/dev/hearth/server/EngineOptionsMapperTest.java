package dev.hearth.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.endpoints.config.EngineOptionsMapper;
import dev.hearth.endpoints.config.HearthConfig;
import dev.hearth.engine.EngineOptions;
import dev.hearth.protocol.serving.SessionBundleConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EngineOptionsMapperTest {

    @Test
    void saysWhichKeyHasMoreRowsThanABatchCan() {
        assertThat(options("16777216").selfTuning().orElseThrow().options().maxRows())
                .isEqualTo(16_777_216);
        for (String rows : new String[] {"0", "16777217", "2147483647"}) {
            assertThatThrownBy(() -> options(rows))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("hearth.batching.max-rows must be from 1 to 16777216, not " + rows);
        }
    }

    private static EngineOptions options(String maxRows) {
        HearthConfig config = new SmallRyeConfigBuilder()
                .withMapping(HearthConfig.class)
                .withSources(new PropertiesConfigSource(Map.of("hearth.batching.max-rows", maxRows), "test", 100))
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .build()
                .getConfigMapping(HearthConfig.class);
        return EngineOptionsMapper.options(
                config,
                SessionBundleConfig.getDefaultInstance(),
                folder -> Optional.empty(),
                2,
                Optional.empty(),
                Optional.empty());
    }
}
