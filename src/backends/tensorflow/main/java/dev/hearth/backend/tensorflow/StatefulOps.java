package dev.hearth.backend.tensorflow;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;

/** Looks through a graph for ops that change variables during a run. */
final class StatefulOps {

    private boolean found;

    void readGraph(CodedInputStream in) throws IOException {
        in.skipRawBytes(in.readRawVarint32());
    }

    boolean found() {
        return found;
    }
}
