package dev.hearth.endpoints.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class AccessControlTest {

    private final AtomicLong now = new AtomicLong(ThreadLocalRandom.current().nextLong());
    private final AtomicInteger read = new AtomicInteger();

    /** Takes {@code x.y.z}, for a minute each. */
    private final TokenReader tokens = new TokenReader() {
        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public boolean recognises(String credential) {
            return credential.contains(".");
        }

        @Override
        public Granted read(String token) {
            read.incrementAndGet();
            if (!token.equals("x.y.z")) {
                throw new ServingException(ErrorCode.UNAUTHENTICATED, "a bad token");
            }
            return new Granted(grant("tokened", Role.STATUS), Duration.ofMinutes(1));
        }

        @Override
        public void whenKeysChange(Runnable told) {}
    };

    private final AccessControl control = new AccessControl(true, tokens, null, now::get);

    private static Grant grant(String name, Role role, String... models) {
        return new Grant(name, Set.of(role), Set.of(models), ClientLimits.UNSET);
    }

    private static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ServingException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }

    @Test
    void takesAKeyFromEitherHeader() {
        control.use(new KnownClients(Map.of(KeyDigest.of("secret"), grant("shop", Role.PREDICT)), Map.of()));

        assertThat(control.grant("Bearer secret", null, List::of).client()).isEqualTo("shop");
        assertThat(control.grant("bearer  secret ", null, List::of).client()).isEqualTo("shop");
        assertThat(control.grant(null, "secret", List::of).client()).isEqualTo("shop");
        for (String wrong : new String[] {"Bearer secre", "Bearer secret2", "Bearer ", "Basic secret", "secret", ""}) {
            refused(ErrorCode.UNAUTHENTICATED, () -> control.grant(wrong, null, List::of));
        }
        refused(ErrorCode.UNAUTHENTICATED, () -> control.grant("Bearer secret", "other", List::of));
        refused(ErrorCode.UNAUTHENTICATED, () -> control.grant(null, null, List::of));
        refused(ErrorCode.UNAUTHENTICATED, () -> control.grant(null, "s".repeat(100_000), List::of));
    }

    @Test
    void aKeyThatIsTakenAwayCountsNoMore() {
        control.use(new KnownClients(Map.of(KeyDigest.of("old"), grant("shop", Role.PREDICT)), Map.of()));
        assertThat(control.grant(null, "old", List::of)).isNotNull();
        control.use(new KnownClients(Map.of(KeyDigest.of("new"), grant("shop", Role.PREDICT)), Map.of()));

        refused(ErrorCode.UNAUTHENTICATED, () -> control.grant(null, "old", List::of));
        assertThat(control.grant(null, "new", List::of)).isNotNull();
    }

    @Test
    void readsATokenOnceUntilItExpires() {
        assertThat(control.grant("Bearer x.y.z", null, List::of).client()).isEqualTo("tokened");
        control.grant("Bearer x.y.z", null, List::of);
        assertThat(read).hasValue(1);

        now.addAndGet(Duration.ofSeconds(61).toNanos());
        control.grant("Bearer x.y.z", null, List::of);
        assertThat(read).hasValue(2);

        control.forgetTokens();
        control.grant("Bearer x.y.z", null, List::of);
        assertThat(read).hasValue(3);
        refused(ErrorCode.UNAUTHENTICATED, () -> control.grant("Bearer x.y.q", null, List::of));
    }

    @Test
    void asksForOneOfTheRoles() {
        Need metadata = Need.metadata("m");
        assertThatCode(() -> control.check(grant("a", Role.PREDICT), metadata)).doesNotThrowAnyException();
        assertThatCode(() -> control.check(grant("a", Role.STATUS), metadata)).doesNotThrowAnyException();
        assertThatCode(() -> control.check(grant("a", Role.ADMIN), metadata)).doesNotThrowAnyException();
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(grant("a", Role.STATUS), Need.predict("m")));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(grant("a", Role.PREDICT), Need.SERVER_STATUS));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(grant("a", Role.STATUS), Need.UNDECIDED));
    }

    @Test
    void keepsClientsToTheirModels() {
        Grant bound = grant("a", Role.ADMIN, "m");
        assertThatCode(() -> control.check(bound, Need.predict("m"))).doesNotThrowAnyException();
        assertThatCode(() -> control.check(bound, Need.inBody(Role.PREDICT))).doesNotThrowAnyException();
        assertThatCode(() -> control.check(bound, Need.ANY_ROLE)).doesNotThrowAnyException();
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(bound, Need.predict("n")));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(bound, Need.predict("")));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.check(bound, Need.SERVER_ADMIN));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.checkModel(bound, "n"));
        refused(ErrorCode.PERMISSION_DENIED, () -> control.checkModel(bound, ""));
    }

    @Test
    void whoSendsNothingHasTheRolesOfEverybodyAndWhoSendsRubbishHasNone() {
        AccessControl open = new AccessControl(true, null, grant("", Role.STATUS), now::get);

        assertThat(open.grant(null, null, List::of).roles()).containsExactly(Role.STATUS);
        refused(ErrorCode.UNAUTHENTICATED, () -> open.grant("Bearer no", null, List::of));
        refused(ErrorCode.UNAUTHENTICATED, () -> open.grant("Basic no", null, List::of));
    }

    @Test
    void asksNothingWhileItIsOff() {
        AccessControl off = new AccessControl(false, null, null, now::get);
        assertThat(off.grant(null, null, List::of)).isSameAs(Grant.OPEN);
        assertThatCode(() -> off.check(Grant.OPEN, Need.UNDECIDED)).doesNotThrowAnyException();
    }

    @Test
    void namesOfClientsCanGoIntoLogs() {
        assertThat(grant("evil\nname <script>", Role.STATUS).client()).isEqualTo("evil_name__script_");
    }
}
