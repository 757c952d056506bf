package dev.hearth.endpoints.openinference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Paths of the Open Inference Protocol and of Triton's extensions. */
class TargetTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            textBlock =
                    """
                    /v2                                     | SERVER            | '' | '' | ''
                    /v2/                                    | SERVER            | '' | '' | ''
                    /v2?verbose=1                           | SERVER            | '' | '' | ''
                    /v2/health/live                         | LIVE              | '' | '' | ''
                    /v2/health/ready                        | READY             | '' | '' | ''
                    /v2/health                              | UNKNOWN           | '' | '' | ''
                    /v2/models                              | MODELS            | '' | '' | ''
                    /v2/models/stats                        | STATISTICS        | '' | '' | ''
                    /v2/models/m                            | METADATA          | m  | '' | ''
                    /v2/models/m/                           | METADATA          | m  | '' | ''
                    /v2/models/m/versions/3                 | METADATA          | m  | 3  | ''
                    /v2/models/m/versions/stable/ready      | MODEL_READY       | m  | stable | ''
                    /v2/models/m/ready                      | MODEL_READY       | m  | '' | ''
                    /v2/models/m/infer                      | INFER             | m  | '' | ''
                    /v2/models/m/versions/3/infer?x         | INFER             | m  | 3  | ''
                    /v2/models/m/stats                      | STATISTICS        | m  | '' | ''
                    /v2/models/m/versions/3/stats           | STATISTICS        | m  | 3  | ''
                    /v2/models/m/config                     | CONFIGURATION     | m  | '' | ''
                    /v2/models/m/versions/3/config          | CONFIGURATION     | m  | 3  | ''
                    /v2/models/m/trace/setting              | TRACE             | m  | '' | ''
                    /v2/models/m/generate                   | GENERATE          | m  | '' | ''
                    /v2/models/a%2Fb%20c/infer              | INFER             | a/b c | '' | ''
                    /v2/models/m/versions                   | UNKNOWN           | m  | '' | ''
                    /v2/models/m/versions//infer            | UNKNOWN           | '' | '' | ''
                    /v2/models//infer                       | UNKNOWN           | '' | '' | ''
                    /v2/models/m/Infer                      | UNKNOWN           | m  | '' | ''
                    /v2/repository/index                    | INDEX             | '' | '' | ''
                    /v2/repository/r/index                  | INDEX             | '' | '' | ''
                    /v2/repository/models/m/load            | LOAD              | m  | '' | ''
                    /v2/repository/r/models/m/unload        | UNLOAD            | m  | '' | ''
                    /v2/repository/models/m                 | UNKNOWN           | '' | '' | ''
                    /v2/trace/setting                       | TRACE             | '' | '' | ''
                    /v2/logging                             | LOGGING           | '' | '' | ''
                    /v2/systemsharedmemory/status           | REGION_STATUS     | '' | '' | ''
                    /v2/systemsharedmemory/region/r/status  | REGION_STATUS     | '' | '' | r
                    /v2/systemsharedmemory/region/r/register | REGION_REGISTER  | '' | '' | r
                    /v2/systemsharedmemory/region/r/unregister | REGION_UNREGISTER | '' | '' | r
                    /v2/systemsharedmemory/unregister       | REGION_UNREGISTER | '' | '' | ''
                    /v2/systemsharedmemory/register         | UNKNOWN           | '' | '' | ''
                    /v2/cudasharedmemory/status             | CUDA              | '' | '' | ''
                    /v2/nothing                             | UNKNOWN           | '' | '' | ''
                    """)
    void pathsMeanCalls(String uri, Target.Kind kind, String model, String version, String region) {
        assertThat(Target.of(uri)).isEqualTo(new Target(kind, model, version, region));
    }

    @Test
    void onlyWholeWordsAreBelow() {
        assertThat(Target.isBelow("/v2")).isTrue();
        assertThat(Target.isBelow("/v2/x")).isTrue();
        assertThat(Target.isBelow("/v2?x")).isTrue();
        assertThat(Target.isBelow("/v23")).isFalse();
        assertThat(Target.isBelow("/v1/models")).isFalse();
    }
}
