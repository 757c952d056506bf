package dev.hearth.loadtests.fleet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Three servers behind a proxy, all of them taking requests when this object exists. One thread uses it. */
public final class Fleet implements AutoCloseable {

    /**
     * What became of a member that was ended.
     *
     * @param status that the process ended with
     * @param away from its end until both backends take it again
     * @param answered requests that it has got since, in the backend with fewer of them
     */
    public record Return(String member, String ending, int status, Duration away, long answered) {}

    private static final int SIZE = 3;
    private static final Duration LONGEST_START = Duration.ofSeconds(120);
    private static final Duration LONGEST_WAIT_FOR_WORK = Duration.ofSeconds(10);

    private final List<Member> members;
    private final Proxy proxy;

    private Fleet(List<Member> members, Proxy proxy) {
        this.members = members;
        this.proxy = proxy;
    }

    /** Empty where there is no such proxy and none can be fetched. What has started ends with this process at the latest. */
    public static Optional<Fleet> start(Path root, Path scratch, String model, boolean nginx, List<String> flags)
            throws IOException, InterruptedException {
        Optional<Path> program = Proxy.program(root, nginx ? "find-nginx" : "find-haproxy");
        if (program.isEmpty()) {
            return Optional.empty();
        }
        List<Member> members = new ArrayList<>();
        for (int i = 1; i <= SIZE; i++) {
            members.add(new Member("hearth" + i, root, scratch, flags));
        }
        Proxy proxy = nginx
                ? Nginx.start(program.get(), root, scratch, members)
                : HaProxy.start(program.get(), root, scratch, model, members);
        Fleet fleet = new Fleet(members, proxy);
        for (Member member : members) {
            fleet.awaitTaken(member);
        }
        return Optional.of(fleet);
    }

    /** Lets this happen to a member and waits until it works again; one that ends is started again at once. */
    public Return suffer(int index, Ending ending) throws IOException, InterruptedException {
        Member member = members.get(index);
        return ending == Ending.STOP ? stop(member) : replace(member, ending);
    }

    /** It goes on when it is out of rotation. */
    private Return stop(Member member) throws IOException, InterruptedException {
        long ended = System.nanoTime();
        member.signal(true);
        try {
            awaitNotTaken(member);
        } finally {
            member.signal(false);
        }
        return back(member, Ending.STOP, 0, ended);
    }

    private Return replace(Member member, Ending ending) throws IOException, InterruptedException {
        int status = member.end(ending);
        long ended = System.nanoTime();
        member.startAgain();
        // The proxy may not have seen its end yet; a member that is up without having been away would be mistaken.
        awaitNotTaken(member);
        return back(member, ending, status, ended);
    }

    private Return back(Member member, Ending ending, int status, long ended) throws IOException, InterruptedException {
        awaitTaken(member);
        Duration away = Duration.ofNanos(System.nanoTime() - ended);
        long before = proxy.requests(member);
        long end = System.nanoTime() + LONGEST_WAIT_FOR_WORK.toNanos();
        while (proxy.requests(member) == before && System.nanoTime() < end) {
            Thread.sleep(100);
        }
        return new Return(member.name(), ending.name(), status, away, proxy.requests(member) - before);
    }

    private void awaitNotTaken(Member member) throws IOException, InterruptedException {
        await(member, false);
    }

    private void awaitTaken(Member member) throws IOException, InterruptedException {
        await(member, true);
    }

    private void await(Member member, boolean taken) throws IOException, InterruptedException {
        long end = System.nanoTime() + LONGEST_START.toNanos();
        while (proxy.takes(member) != taken) {
            if (System.nanoTime() > end || !member.alive()) {
                throw new IllegalStateException(member.name() + " did not "
                        + (taken ? "come into" : "go out of") + " rotation; the proxy: " + proxyLog() + "\n"
                        + Files.readString(member.log()));
            }
            Thread.sleep(100);
        }
    }

    public int size() {
        return members.size();
    }

    public int restPort() {
        return proxy.restPort();
    }

    public int grpcPort() {
        return proxy.grpcPort();
    }

    /** Of the proxy. */
    public long pid() {
        return proxy.pid();
    }

    public String proxyLog() throws IOException {
        return Files.readString(proxy.log());
    }

    @Override
    public void close() {
        members.forEach(Member::close);
        proxy.close();
    }
}
