package dev.hearth.loadtests.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The clock on the wall is put forward and back, by libfaketime between the server and the system: deadlines and whatever
 * else lasts a time are not about the time of day. The clock that only runs forward goes on, as it does on a real machine.
 */
public final class ClockJump implements Fault {

    private static final Pattern LAST = Pattern.compile("\"last_inference\":\\s*(\\d+)");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration NEAR = Duration.ofMinutes(10);

    private final Path offset;

    private ClockJump(Path offset) {
        this.offset = offset;
    }

    /**
     * Empty, with the reason told, where the library cannot be had.
     *
     * @param environment where what the server needs for it is put
     */
    public static Optional<ClockJump> prepare(Path root, Path scratch, Map<String, String> environment)
            throws IOException, InterruptedException {
        Process script = new ProcessBuilder(
                        root.resolve("loadtests/find-libfaketime").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String library = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (script.waitFor() != 0) {
            return Optional.empty();
        }
        Path offset = Files.writeString(scratch.resolve("clock"), "+0");
        environment.put("LD_PRELOAD", library);
        environment.put("FAKETIME_TIMESTAMP_FILE", offset.toString());
        environment.put("FAKETIME_CACHE_DURATION", "1");
        environment.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        // Else every thread that waits with a limit spins: the library takes the limits for times of the other clock.
        environment.put("FAKETIME_FORCE_MONOTONIC_FIX", "0");
        environment.put("FAKETIME_DONT_RESET", "1");
        return Optional.of(new ClockJump(offset));
    }

    @Override
    public String name() {
        return "clock jumps";
    }

    @Override
    public Finding strike(Victim victim) throws IOException, InterruptedException {
        StringBuilder seen = new StringBuilder();
        boolean well = true;
        for (Duration jump :
                new Duration[] {Duration.ofHours(1), Duration.ofHours(-1), Duration.ofDays(400), Duration.ZERO}) {
            Files.writeString(offset, String.format("%+d", jump.toSeconds()));
            boolean jumped = sees(victim, jump);
            boolean answers = victim.answers();
            well &= jumped && answers;
            seen.append(jump).append(jumped ? " " : " (not seen) ").append(answers ? "" : "(no answer) ");
        }
        return new Finding(well, "clock put " + seen.toString().strip());
    }

    /** Whether the server's own time of day is that far off, soon. */
    private static boolean sees(Victim victim, Duration jump) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            victim.server()
                    .post(
                            "/v2/models/half_plus_two/infer",
                            "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1.0]}]}");
            Matcher last = LAST.matcher(victim.server().get("/v2/models/half_plus_two/stats"));
            if (last.find()) {
                long off = Long.parseLong(last.group(1)) - System.currentTimeMillis() - jump.toMillis();
                if (Math.abs(off) < NEAR.toMillis()) {
                    return true;
                }
            }
            Thread.sleep(100);
        }
        return false;
    }
}
