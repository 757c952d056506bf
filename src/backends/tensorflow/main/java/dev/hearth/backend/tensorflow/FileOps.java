package dev.hearth.backend.tensorflow;

import java.util.Set;

/**
 * Ops that read or write files, directories or databases by a name that the graph or a request gives. Saving and restoring
 * are part of every SavedModel, and tables that are filled from assets of many; they are not among these.
 */
final class FileOps {

    private static final Set<String> NAMES = Set.of(
            "ReadFile",
            "WriteFile",
            "MatchingFiles",
            "MatchingFilesDataset",
            "WholeFileReader",
            "WholeFileReaderV2",
            "TextLineReader",
            "TextLineReaderV2",
            "TFRecordReader",
            "TFRecordReaderV2",
            "FixedLengthRecordReader",
            "FixedLengthRecordReaderV2",
            "LMDBReader",
            "LMDBDataset",
            "RecordInput",
            "TextLineDataset",
            "TFRecordDataset",
            "TFRecordDatasetV2",
            "FixedLengthRecordDataset",
            "FixedLengthRecordDatasetV2",
            "CSVDataset",
            "CSVDatasetV2",
            "SqlDataset",
            "ExperimentalSqlDataset",
            "ExperimentalCSVDataset",
            "CacheDataset",
            "CacheDatasetV2",
            "SnapshotDataset",
            "SnapshotDatasetV2",
            "SaveDataset",
            "SaveDatasetV2",
            "LoadDataset",
            "DatasetToTFRecord",
            "ExperimentalDatasetToTFRecord",
            "CreateSummaryFileWriter",
            "CreateSummaryDbWriter",
            "ImportEvent",
            "DebugIdentity",
            "DebugIdentityV2",
            "DebugIdentityV3");

    private FileOps() {}

    static boolean touches(String op) {
        return NAMES.contains(op);
    }
}
