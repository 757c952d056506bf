package dev.hearth.loadtests.drive;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Which call comes next: drawn by weight, the same for the same seed. Calls of one kind are counted together. */
public final class Mix {

    private record Entry(Supplier<Call> calls, int kind, double weight) {}

    private final List<Entry> entries = new ArrayList<>();
    private final List<String> kinds = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(7);
    private double total;
    private int kind;

    /** Every call is this one. */
    public static Mix of(Call call) {
        return new Mix().add("all", call, 1);
    }

    /** Every call is one of these, all as likely. */
    public static Mix of(List<Call> calls) {
        Mix mix = new Mix();
        calls.forEach(call -> mix.add("all", call, 1));
        return mix;
    }

    public Mix add(String kindName, Call call, double weight) {
        return addFresh(kindName, () -> call, weight);
    }

    /** Calls that are made when they are drawn, e.g. since no two may be alike; that is part of the driver's work. */
    public Mix addFresh(String kindName, Supplier<Call> calls, double weight) {
        if (!kinds.contains(kindName)) {
            kinds.add(kindName);
        }
        entries.add(new Entry(calls, kinds.indexOf(kindName), weight));
        total += weight;
        return this;
    }

    /** Bytes of the longest call, with its headers where they are part of it. */
    public int bytes() {
        return entries.stream()
                .mapToInt(entry -> entry.calls().get().bytes().readableBytes())
                .max()
                .orElse(0);
    }

    List<String> kinds() {
        return kinds;
    }

    /** Draws; {@link #kind} then tells its kind. */
    Call next() {
        double at = entries.size() == 1 ? 0 : random.nextDouble() * total;
        Entry entry = entries.get(0);
        for (Entry candidate : entries) {
            entry = candidate;
            at -= candidate.weight();
            if (at < 0) {
                break;
            }
        }
        kind = entry.kind();
        return entry.calls().get();
    }

    int kind() {
        return kind;
    }
}
