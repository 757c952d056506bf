package dev.hearth.endpoints.predict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.endpoints.predict.RestTarget.Kind;
import dev.hearth.engine.model.VersionSelector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RestTargetTest {

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/models/m:predict, PREDICT, m",
        "POST, /V1/MODELS/m:predict, PREDICT, m",
        "POST, /v1/models/m:PREDICT, MALFORMED, m",
        "POST, /v1/models/m:classify, CLASSIFY, m",
        "POST, /v1/models/m:regress, REGRESS, m",
        "POST, /v1/models/m:predict?x=1, MALFORMED, ''",
        "POST, /v1/models/m:predict/, MALFORMED, ''",
        "POST, /v1/models/m, MALFORMED, ''",
        "POST, /v1/models/a/b:predict, MALFORMED, ''",
        "POST, /v1/models/a%2Fb:predict, PREDICT, a/b",
        "POST, /v1/models/a+b%:predict, PREDICT, a+b%",
        "POST, /v1/models/m/versions/1/labels/l:predict, MALFORMED, ''",
        "POST, /v1/models/m/versions/x:predict, MALFORMED, ''",
        "POST, /v1/models/m/versions/99999999999999999999:predict, UNREADABLE_VERSION, m",
        "POST, /v1/models/m/versions/9223372036854775808:predict, UNREADABLE_VERSION, m",
        "GET, /v1/models/m, STATUS, m",
        "GET, /v1/models, STATUS, ''",
        "GET, /v1/models/, MALFORMED, ''",
        "GET, /v1/models/m/, MALFORMED, ''",
        "GET, /v1/models/m?x=1, STATUS, m?x=1",
        "GET, /v1/models/m/metadata, METADATA, m",
        "GET, /v1/models/m/METADATA, STATUS, m",
        "GET, /v1/models/m/versions/3/metadata, METADATA, m",
        "GET, /v1/models/metadata, STATUS, metadata",
        "GET, /v1/models/m:predict, MALFORMED, ''",
        "PUT, /v1/models/m, MALFORMED, ''",
        "HEAD, /v1/models/m, MALFORMED, ''",
        "DELETE, /v1/models/m:predict, MALFORMED, ''",
    })
    void readsTargetsAsTensorFlowServingDoes(String method, String target, Kind kind, String model) {
        RestTarget read = RestTarget.of(method, target);
        assertThat(read.kind()).isEqualTo(kind);
        if (kind != Kind.MALFORMED) {
            assertThat(read.model()).isEqualTo(model);
        }
    }

    @Test
    void matchesATargetOnceOnly() {
        RestTarget first = RestTarget.of("POST", "/v1/models/often/versions/3:predict");
        assertThat(RestTarget.of("POST", "/v1/models/often/versions/3:predict")).isSameAs(first);
        assertThat(RestTarget.of("PUT", "/v1/models/often/versions/3:predict").kind())
                .isEqualTo(Kind.MALFORMED);
    }

    @Test
    void selectsVersionsAndLabels() {
        assertThat(RestTarget.of("GET", "/v1/models/m").selector()).isEqualTo(VersionSelector.LATEST);
        assertThat(RestTarget.of("GET", "/v1/models/m/versions/007").selector())
                .isEqualTo(new VersionSelector.Exact(7));
        assertThat(RestTarget.of("POST", "/v1/models/m/labels/a%20b:predict").selector())
                .isEqualTo(new VersionSelector.Label("a b"));
    }
}
