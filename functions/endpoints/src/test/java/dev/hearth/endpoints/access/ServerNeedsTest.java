package dev.hearth.endpoints.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ServerNeedsTest {

    private final ServerNeeds needs = new ServerNeeds();

    @Test
    void namesTheModelAsTheResourceReadsIt() {
        assertThat(needs.need("POST", "", "/functions/predict/a%2Fb+c")).isEqualTo(Need.predict("a/b+c"));
        assertThat(needs.need("GET", "", "/functions/model-status/m/batching")).isEqualTo(Need.status("m"));
        assertThat(needs.need("POST", "", "/functions/model-status/m/cache:clear"))
                .isEqualTo(Need.admin("m"));
        assertThat(needs.need("POST", "", "/functions/warmup/m")).isEqualTo(Need.admin("m"));
        assertThat(needs.need("POST", "", "/functions/warmup")).isEqualTo(Need.SERVER_ADMIN);
    }

    @Test
    void decidesNothingAboutWhatItDoesNotKnow() {
        for (String path : new String[] {
            "/functions/predict/", "/functions/predict/a/b", "/functions/other", "/functions/", "/q/metricsx", "/q/dev"
        }) {
            assertThat(needs.need("POST", "", path)).as(path).isNull();
        }
        assertThat(needs.need("GET", "", "/functions/predict/a")).isNull();
        assertThat(needs.need("DELETE", "", "/functions/model-status/a")).isNull();
    }
}
