package io.vertx.redis.client.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The client's parser with our {@link ReadableBuffer}: what comes from a Redis that is none must not hold its event loop. */
class GarbledRedisTest {

    private final List<String> answers = new ArrayList<>();
    private final RESPParser parser = new RESPParser(
            new ParserHandler() {
                @Override
                public void handle(Response response) {
                    if (answers.size() > 100) {
                        throw new AssertionError("one answer is given without end");
                    }
                    answers.add(String.valueOf(response));
                }

                @Override
                public void fail(Throwable failure) {
                    answers.add("failed");
                }
            },
            8);

    private void comes(String text) {
        parser.handle(Buffer.buffer(text, "ISO-8859-1"));
    }

    @Test
    void aStringWithoutAnEndIsReadOnceAndNothingBehindIt() {
        assertThatThrownBy(() -> comes("$3\r\nabcdefghijklmnop"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("longer than it said");
        comes("+PONG\r\n");
        comes("$3\r\nabc\r\n");
        assertThat(answers).containsExactly("abc");
    }

    @Test
    void anArrayOfSuchStringsIsNotFilled() {
        assertThatThrownBy(() -> comes("*1000000\r\n$3\r\nabcdefghijklmnop")).isInstanceOf(IllegalStateException.class);
        assertThat(answers).isEmpty();
    }

    @Test
    void whatCannotBeALengthIsRefused() {
        assertThatThrownBy(() -> comes("$12x\r\nabc\r\n")).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void answersThatComeInPiecesAreReadAsEver() {
        String all =
                "+OK\r\n:42\r\n,1.5\r\n,-inf\r\n(123456789012345678901\r\n$0\r\n\r\n$-1\r\n*2\r\n$3\r\na\r\n\r\n:7\r\n#t\r\n_\r\n-ERR no\r\n";
        for (int i = 0; i < all.length(); i++) {
            comes(all.substring(i, i + 1));
        }
        assertThat(answers)
                .containsExactly(
                        "OK",
                        "42",
                        "1.5",
                        "-Infinity",
                        "123456789012345678901",
                        "",
                        "null",
                        "[a\r\n, 7]",
                        "true",
                        "null",
                        "ERR no");
    }

    @Test
    void longAnswersDoNotPileUp() {
        String value = "v".repeat(10_000);
        for (int i = 0; i < 90; i++) {
            String answer = "$10000\r\n" + value + "\r\n";
            comes(answer.substring(0, 5000));
            comes(answer.substring(5000));
        }
        assertThat(answers).hasSize(90).allMatch(value::equals);
    }
}
