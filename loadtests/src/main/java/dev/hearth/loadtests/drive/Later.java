package dev.hearth.loadtests.drive;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/** Work for a later turn of the event loop. An exception in it ends the program: a silent driver would look like load. */
final class Later {

    private Later() {}

    static void run(EventLoop loop, long nanos, Runnable work) {
        Runnable guarded = () -> {
            try {
                work.run();
            } catch (RuntimeException | Error e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(3);
            }
        };
        if (nanos <= 0) {
            loop.execute(guarded);
        } else {
            var unused = loop.schedule(guarded, nanos, TimeUnit.NANOSECONDS);
        }
    }
}
