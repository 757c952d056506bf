package dev.hearth.backend.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

class FileOpsTest {

    /** Most graphs of today are one call of a function, so that is where such ops are. */
    @Test
    void findsOpsThatTouchFilesAlsoInFunctions() throws IOException {
        GraphDef graph = GraphDef.newBuilder()
                .addNode(node("RestoreV2"))
                .addNode(node("InitializeTableFromTextFileV2"))
                .addNode(node("ReadFile"))
                .setLibrary(FunctionDefLibrary.newBuilder()
                        .addFunction(FunctionDef.newBuilder()
                                .setSignature(OpDef.newBuilder().setName("inner"))
                                .addNodeDef(node("WriteFile"))
                                .addNodeDef(node("MatMul"))))
                .build();
        assertThat(found(graph)).containsExactly("ReadFile", "WriteFile");
    }

    @Test
    void tellsAtTheLoadOfAModelThatReadsFilesAndNotOfOthers() {
        assertThat(said(Fixtures.fixture("reading"))).anyMatch(line -> line.endsWith(": ReadFile"));
        assertThat(said(Fixtures.demo("half_plus_two"))).isEmpty();
        // Has variables and a table that is filled from an asset.
        assertThat(said(Fixtures.fixture("tf1_affine"))).isEmpty();
    }

    private static List<String> said(Path folder) {
        List<String> lines = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                String text = line.getMessage();
                if (text.contains("touch the file system")) {
                    lines.add(text);
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(SavedModelLoader.class.getName());
        logger.addHandler(handler);
        try {
            Fixtures.load(folder).close();
        } finally {
            logger.removeHandler(handler);
        }
        return lines;
    }

    private static NodeDef node(String op) {
        return NodeDef.newBuilder().setName(op).setOp(op).build();
    }

    private static SortedSet<String> found(GraphDef graph) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeMessageNoTag(graph);
        out.flush();
        StatefulOps ops = new StatefulOps();
        ops.readGraph(CodedInputStream.newInstance(bytes.toByteArray()));
        return ops.found(FileOps::touches);
    }
}
