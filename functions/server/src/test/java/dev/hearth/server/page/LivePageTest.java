package dev.hearth.server.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.hearth.server.grpc.ScriptedModels;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(ScriptedModels.class)
class LivePageTest {

    private static final Path PICTURES = Path.of("target", "page");

    @TestHTTPResource("/")
    URI server;

    private final HttpClient http = HttpClient.newHttpClient();

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(HttpRequest.newBuilder(server.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private void predict() throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(server.resolve("/v1/models/half_plus_two:predict"))
                        .POST(HttpRequest.BodyPublishers.ofString("{\"instances\": [1.0]}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void thePageMayLoadItsOwnFilesAndNothingElse() throws Exception {
        HttpResponse<String> page = get("/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("content-security-policy")).contains(LivePage.POLICY);
        assertThat(page.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(page.body())
                .doesNotContain("http://")
                .doesNotContain("https://")
                .doesNotContain("style=");
        for (String script : List.of("page.js", "access.js", "meters.js", "charts.js", "tryit.js", "drawing.js")) {
            HttpResponse<String> answer = get("/page/" + script);
            assertThat(answer.statusCode()).as(script).isEqualTo(200);
            assertThat(answer.headers().firstValue("content-type")).contains("text/javascript; charset=utf-8");
            assertThat(answer.body()).doesNotContain("innerHTML").doesNotContain("insertAdjacentHTML");
        }
    }

    @Test
    void onlyFilesOfThePageAreThere() throws Exception {
        assertThat(get("/page/LivePage.class").statusCode()).isEqualTo(404);
        assertThat(get("/page/..%2fapplication.properties").statusCode()).isEqualTo(404);
        assertThat(get("/index.html").statusCode()).isEqualTo(404);
    }

    @Test
    void figuresCountRequestsByTheirCatalogueNames() throws Exception {
        predict();

        JsonNode figures = new ObjectMapper()
                .readTree(get("/functions/model-status/-/meters").body());
        assertThat(figures.path("uptime").asDouble()).isPositive();
        assertThat(figures.path("version").asText()).startsWith("Hearth ");
        JsonNode requests = figures.at("/meters/hearth_request_duration_seconds");
        assertThat(requests.path("le")).hasSize(20);
        assertThat(requests.path("le").get(0).asDouble()).isEqualTo(0.00005);
        JsonNode answered = null;
        for (JsonNode series : requests.path("series")) {
            JsonNode tags = series.path("tags");
            if (tags.path("model").asText().equals("half_plus_two")
                    && tags.path("outcome").asText().equals("OK")) {
                answered = series;
            }
        }
        assertThat(answered).isNotNull();
        assertThat(answered.path("count").asLong()).isPositive();
        assertThat(answered.path("sum").asDouble()).isPositive();
        assertThat(answered.path("buckets").get(19).asLong())
                .isEqualTo(answered.path("count").asLong());
    }

    @Test
    void aNewcomerSeesModelsAndDrawsADigitInABrowser() throws Exception {
        Optional<Browser> opened = Browser.open();
        assumeTrue(opened.isPresent(), "NOT TESTED: no browser here; ./hearth test --page fetches one");
        try (Browser browser = opened.get()) {
            predict();
            browser.look(1280, 900, false, false);
            browser.show(server.toString());
            assertThat(browser.comes("/ready/.test(document.getElementById('state').textContent)"))
                    .isTrue();
            assertThat(browser.comes("[...document.querySelectorAll('#models tr')].some(row =>"
                            + " row.textContent.includes('half_plus_two') && row.textContent.includes('AVAILABLE'))"))
                    .isTrue();
            assertThat(browser.comes("document.getElementById('model').value === 'digits'"))
                    .isTrue();

            draw(browser);
            assertThat(browser.comes("/^\\d with \\d+\\.\\d %$/.test(document.getElementById('best').textContent)"))
                    .as("answer to a drawn digit")
                    .isTrue();
            assertThat(browser.value("document.querySelectorAll('#bars .row').length")
                            .asInt())
                    .isEqualTo(10);
            // Two polls later the drawn request is in the figures.
            assertThat(browser.comes("document.querySelectorAll('#latencies rect').length > 0"))
                    .isTrue();
            assertThat(browser.complaints()).isEmpty();
            // So that the pictures have lines in them.
            assertThat(browser.comes(
                            "document.querySelector('#throughput path').getAttribute('d').split('L').length > 2"))
                    .isTrue();
            pictures(browser);

            refusesWithoutMarkup(browser);
        }
    }

    /** A vertical stroke. */
    private static void draw(Browser browser) throws Exception {
        browser.value("document.getElementById('canvas').scrollIntoView({block: 'center'})");
        JsonNode place = browser.value("(() => { const box = document.getElementById('canvas').getBoundingClientRect();"
                + " return {x: box.x + box.width / 2, y: box.y, height: box.height}; })()");
        double x = place.path("x").asDouble();
        double top = place.path("y").asDouble();
        double height = place.path("height").asDouble();
        browser.mouse("mousePressed", x, top + 0.05 * height);
        for (int step = 1; step < 20; step++) {
            browser.mouse("mouseMoved", x, top + height * step / 20);
        }
        browser.mouse("mouseReleased", x, top + 0.95 * height);
    }

    private static void pictures(Browser browser) throws Exception {
        for (boolean dark : new boolean[] {false, true}) {
            String name = dark ? "dark" : "light";
            browser.look(1280, 2400, false, dark);
            browser.value("window.scrollTo(0, 0)");
            browser.picture(PICTURES.resolve("desktop-" + name + ".png"));
            browser.look(390, 3600, true, dark);
            assertThat(browser.value("document.documentElement.scrollWidth <= window.innerWidth")
                            .asBoolean())
                    .as("nothing is wider than a phone")
                    .isTrue();
            browser.picture(PICTURES.resolve("phone-" + name + ".png"));
        }
        browser.look(1280, 900, false, false);
    }

    private static void refusesWithoutMarkup(Browser browser) throws Exception {
        browser.value("document.getElementById('body').value ="
                + " '{\"instances\": [\"<img src=x onerror=document.title=1>\"]}';"
                + " document.getElementById('send').click()");
        assertThat(browser.comes("/^400/.test(document.getElementById('took').textContent)"))
                .isTrue();
        assertThat(browser.value("document.querySelectorAll('main img').length").asInt())
                .isZero();
        assertThat(browser.value("document.title").asText()).isEqualTo("Hearth");
    }
}
