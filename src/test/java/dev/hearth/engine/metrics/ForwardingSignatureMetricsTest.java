package dev.hearth.engine.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardingSignatureMetricsTest {

    @Test
    void passesEveryReportOn() throws Exception {
        List<String> passed = new ArrayList<>();
        SignatureMetrics to = (SignatureMetrics) Proxy.newProxyInstance(
                SignatureMetrics.class.getClassLoader(),
                new Class<?>[] {SignatureMetrics.class},
                (proxy, method, arguments) -> {
                    passed.add(method.getName());
                    return null;
                });
        SignatureMetrics forwarding = new ForwardingSignatureMetrics() {
            @Override
            protected SignatureMetrics to() {
                return to;
            }
        };
        List<String> reports = new ArrayList<>();
        for (Method report : SignatureMetrics.class.getMethods()) {
            Object[] arguments = Arrays.stream(report.getParameterTypes())
                    .map(ForwardingSignatureMetricsTest::anything)
                    .toArray();
            report.invoke(forwarding, arguments);
            reports.add(report.getName());
        }

        assertThat(passed).isEqualTo(reports);
    }

    private static Object anything(Class<?> type) {
        if (type == long.class) {
            return 1L;
        }
        if (type == int.class) {
            return 1;
        }
        if (type == double.class) {
            return 1.0;
        }
        return type == boolean.class ? (Object) true : "OK";
    }
}
