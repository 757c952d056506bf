package dev.hearth.server.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hearth.server.access.GuardedModels;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the page shows of a server that wants keys. */
@QuarkusTest
@WithTestResource(GuardedModels.class)
class GuardedPageTest {

    private static final Path PICTURES = Path.of("target", "page");
    private static final String REFUSALS =
            "performance.getEntriesByType('resource').filter(one => one.name.includes('model-status')).length";

    @TestHTTPResource("/")
    URI server;

    private static void type(Browser browser, String key) throws Exception {
        browser.value("document.getElementById('key').value = '" + key + "';"
                + " document.querySelector('#access button').click()");
    }

    private static boolean tells(Browser browser, String text) throws Exception {
        return browser.comes("document.getElementById('why').textContent.includes('" + text + "')");
    }

    private static boolean shows(Browser browser, String id) throws Exception {
        return browser.value("document.getElementById('" + id + "').checkVisibility()")
                .asBoolean();
    }

    private static boolean isAnswered(Browser browser, int status) throws Exception {
        return browser.comes("document.getElementById('took').textContent.startsWith('" + status + ",')");
    }

    @Test
    void aNewcomerIsToldWhatEachKeyIsGoodFor() throws Exception {
        Optional<Browser> opened = Browser.open();
        assumeTrue(opened.isPresent(), "NOT TESTED: no browser here; ./hearth test --page fetches one");
        try (Browser browser = opened.get()) {
            browser.look(1280, 900, false, false);
            browser.show(server.toString());
            withoutKey(browser);
            type(browser, "key-of-nobody");
            assertThat(tells(browser, "does not accept this key")).isTrue();
            withPredictKey(browser);
            withStatusKey(browser);

            type(browser, GuardedModels.ADMINISTERS);
            browser.value("document.getElementById('send').click()");
            assertThat(isAnswered(browser, 200)).isTrue();
            assertThat(browser.comes("document.getElementById('access').hidden"))
                    .isTrue();
        }
    }

    private static void withoutKey(Browser browser) throws Exception {
        assertThat(tells(browser, "answers only those who have a key")).isTrue();
        assertThat(browser.value("document.getElementById('state').textContent").asText())
                .isEqualTo("○ a key is needed");
        assertThat(shows(browser, "key")).isTrue();
        assertThat(shows(browser, "now-title")).as("empty figures").isFalse();
        assertThat(shows(browser, "try")).isFalse();
        assertThat(browser.value("document.body.textContent").asText()).doesNotContain("half_plus_two");
        // The browser notes a request some time after its answer.
        assertThat(browser.comes(REFUSALS + " === 2")).isTrue();
        browser.value("new Promise(done => setTimeout(done, 4500))");
        assertThat(browser.value(REFUSALS).asLong())
                .as("no key, no more questions")
                .isEqualTo(2);
        pictures(browser, "closed");
    }

    private static void withPredictKey(Browser browser) throws Exception {
        type(browser, GuardedModels.PREDICTS);
        assertThat(tells(browser, "may not see the figures")).isTrue();
        browser.value("document.getElementById('name').value = 'half_plus_two';"
                + " document.querySelector('#lookup button').click()");
        assertThat(browser.comes("document.getElementById('model').value === 'half_plus_two'"))
                .isTrue();
        assertThat(shows(browser, "now-title")).isFalse();
        browser.value("document.getElementById('send').click()");
        assertThat(isAnswered(browser, 200)).isTrue();
        assertThat(browser.value("document.getElementById('command').textContent")
                        .asText())
                .contains("Bearer $KEY")
                .doesNotContain(GuardedModels.PREDICTS);
        pictures(browser, "predict");
    }

    private static void withStatusKey(Browser browser) throws Exception {
        type(browser, GuardedModels.WATCHES);
        assertThat(browser.comes("/ready/.test(document.getElementById('state').textContent)"
                        + " && document.getElementById('access').hidden"))
                .isTrue();
        assertThat(shows(browser, "now-title")).isTrue();
        browser.value("document.getElementById('took').textContent = '';" + " document.getElementById('send').click()");
        assertThat(isAnswered(browser, 403)).isTrue();
        assertThat(tells(browser, "the role predict")).isTrue();
        browser.value("new Promise(done => setTimeout(done, 4500))");
        assertThat(shows(browser, "key"))
                .as("the next figures do not take the field away")
                .isTrue();
        pictures(browser, "status");
    }

    private static void pictures(Browser browser, String name) throws Exception {
        browser.value("window.scrollTo(0, 0)");
        browser.picture(PICTURES.resolve("keys-" + name + "-desktop.png"));
        browser.look(390, 1200, true, true);
        assertThat(browser.value("document.documentElement.scrollWidth <= window.innerWidth")
                        .asBoolean())
                .as("nothing is wider than a phone")
                .isTrue();
        browser.picture(PICTURES.resolve("keys-" + name + "-phone.png"));
        browser.look(1280, 900, false, false);
    }
}
