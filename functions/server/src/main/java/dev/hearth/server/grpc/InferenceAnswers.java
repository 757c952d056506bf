package dev.hearth.server.grpc;

import dev.hearth.endpoints.metrics.VersionCounts;
import dev.hearth.endpoints.openinference.ModelCards;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.endpoints.openinference.RepositoryCalls;
import dev.hearth.endpoints.openinference.SharedMemory;
import dev.hearth.protocol.inference.DataType;
import dev.hearth.protocol.inference.InferBatchStatistics;
import dev.hearth.protocol.inference.InferStatistics;
import dev.hearth.protocol.inference.LogSettingsRequest;
import dev.hearth.protocol.inference.LogSettingsResponse;
import dev.hearth.protocol.inference.ModelConfig;
import dev.hearth.protocol.inference.ModelConfigResponse;
import dev.hearth.protocol.inference.ModelDynamicBatching;
import dev.hearth.protocol.inference.ModelInput;
import dev.hearth.protocol.inference.ModelMetadataResponse;
import dev.hearth.protocol.inference.ModelOutput;
import dev.hearth.protocol.inference.ModelStatistics;
import dev.hearth.protocol.inference.ModelStatisticsResponse;
import dev.hearth.protocol.inference.ModelTransactionPolicy;
import dev.hearth.protocol.inference.ModelVersionPolicy;
import dev.hearth.protocol.inference.RepositoryIndexResponse;
import dev.hearth.protocol.inference.StatisticDuration;
import dev.hearth.protocol.inference.SystemSharedMemoryStatusResponse;
import dev.hearth.protocol.inference.TraceSettingRequest;
import dev.hearth.protocol.inference.TraceSettingResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The messages of every answer but that to inference. Stateless. */
final class InferenceAnswers {

    private InferenceAnswers() {}

    static ModelMetadataResponse metadata(ModelCards.Metadata model) {
        ModelMetadataResponse.Builder message = ModelMetadataResponse.newBuilder()
                .setName(model.name())
                .addAllVersions(model.versions())
                .setPlatform(model.platform());
        model.inputs().forEach(tensor -> message.addInputs(tensor(tensor)));
        model.outputs().forEach(tensor -> message.addOutputs(tensor(tensor)));
        return message.build();
    }

    private static ModelMetadataResponse.TensorMetadata tensor(ModelCards.TensorCard tensor) {
        return ModelMetadataResponse.TensorMetadata.newBuilder()
                .setName(tensor.name())
                .setDatatype(tensor.datatype())
                .addAllShape(tensor.shape())
                .build();
    }

    static ModelConfigResponse configuration(ModelCards.Configuration model) {
        ModelVersionPolicy.Builder policy = ModelVersionPolicy.newBuilder();
        if (model.latest() > 1) {
            policy.setSpecific(ModelVersionPolicy.Specific.newBuilder().addAllVersions(model.versions()));
        } else {
            policy.setLatest(ModelVersionPolicy.Latest.newBuilder().setNumVersions(1));
        }
        ModelConfig.Builder config = ModelConfig.newBuilder()
                .setName(model.name())
                .setPlatform(model.platform())
                .setBackend(model.backend())
                .setVersionPolicy(policy)
                .setMaxBatchSize((int) Math.min(model.maxRows(), Integer.MAX_VALUE))
                .setModelTransactionPolicy(ModelTransactionPolicy.newBuilder().setDecoupled(false));
        model.inputs()
                .forEach(tensor -> config.addInput(ModelInput.newBuilder()
                        .setName(tensor.name())
                        .setDataType(type(tensor))
                        .addAllDims(tensor.shape())));
        model.outputs()
                .forEach(tensor -> config.addOutput(ModelOutput.newBuilder()
                        .setName(tensor.name())
                        .setDataType(type(tensor))
                        .addAllDims(tensor.shape())));
        if (model.batched()) {
            ModelDynamicBatching.Builder batching = ModelDynamicBatching.newBuilder()
                    .setMaxQueueDelayMicroseconds(model.delayMicros())
                    .setPriorityLevels(ModelCards.PRIORITIES)
                    .setDefaultPriorityLevel(ModelCards.USUAL_PRIORITY);
            model.preferredRows().forEach(rows -> batching.addPreferredBatchSize(rows.intValue()));
            config.setDynamicBatching(batching);
        }
        return ModelConfigResponse.newBuilder().setConfig(config).build();
    }

    private static DataType type(ModelCards.TensorCard tensor) {
        return DataType.valueOf(tensor.configType());
    }

    static ModelStatisticsResponse statistics(List<OpenInference.Statistics> all) {
        ModelStatisticsResponse.Builder message = ModelStatisticsResponse.newBuilder();
        for (OpenInference.Statistics one : all) {
            VersionCounts.Snapshot counts = one.counts();
            ModelStatistics.Builder model = ModelStatistics.newBuilder()
                    .setName(one.id().name().value())
                    .setVersion(Long.toString(one.id().version()))
                    .setLastInference(one.lastMillis())
                    .setInferenceCount(counts.inferences())
                    .setExecutionCount(counts.executions())
                    .setInferenceStats(InferStatistics.newBuilder()
                            .setSuccess(duration(counts.succeeded()))
                            .setFail(duration(counts.failed()))
                            .setQueue(duration(counts.queued()))
                            .setComputeInput(duration(counts.computed().inputs()))
                            .setComputeInfer(duration(counts.computed().model()))
                            .setComputeOutput(duration(counts.computed().outputs()))
                            .setCacheHit(duration(counts.hits()))
                            .setCacheMiss(duration(counts.misses())));
            for (VersionCounts.Batch batch : counts.batches()) {
                model.addBatchStats(InferBatchStatistics.newBuilder()
                        .setBatchSize(batch.rows())
                        .setComputeInput(duration(batch.runs().inputs()))
                        .setComputeInfer(duration(batch.runs().model()))
                        .setComputeOutput(duration(batch.runs().outputs())));
            }
            message.addModelStats(model);
        }
        return message.build();
    }

    private static StatisticDuration duration(VersionCounts.Duration duration) {
        return StatisticDuration.newBuilder()
                .setCount(duration.count())
                .setNs(duration.nanos())
                .build();
    }

    static RepositoryIndexResponse index(List<RepositoryCalls.Entry> entries) {
        RepositoryIndexResponse.Builder message = RepositoryIndexResponse.newBuilder();
        entries.forEach(entry -> message.addModels(RepositoryIndexResponse.ModelIndex.newBuilder()
                .setName(entry.name())
                .setVersion(entry.version())
                .setState(entry.state())
                .setReason(entry.reason())));
        return message.build();
    }

    static SystemSharedMemoryStatusResponse regions(Map<String, SharedMemory.Region> regions) {
        SystemSharedMemoryStatusResponse.Builder message = SystemSharedMemoryStatusResponse.newBuilder();
        regions.forEach((name, region) -> message.putRegions(
                name,
                SystemSharedMemoryStatusResponse.RegionStatus.newBuilder()
                        .setName(name)
                        .setKey(region.key())
                        .setOffset(region.offset())
                        .setByteSize(region.byteSize())
                        .build()));
        return message.build();
    }

    static Map<String, List<String>> traceChanges(TraceSettingRequest request) {
        Map<String, List<String>> changes = new HashMap<>();
        request.getSettingsMap().forEach((name, value) -> changes.put(name, List.copyOf(value.getValueList())));
        return changes;
    }

    static TraceSettingResponse trace(Map<String, List<String>> settings) {
        TraceSettingResponse.Builder message = TraceSettingResponse.newBuilder();
        settings.forEach((name, values) -> message.putSettings(
                name,
                TraceSettingResponse.SettingValue.newBuilder()
                        .addAllValue(values)
                        .build()));
        return message.build();
    }

    static Map<String, Object> logChanges(LogSettingsRequest request) {
        Map<String, Object> changes = new HashMap<>();
        request.getSettingsMap().forEach((name, value) -> {
            switch (value.getParameterChoiceCase()) {
                case BOOL_PARAM -> changes.put(name, value.getBoolParam());
                case UINT32_PARAM -> changes.put(name, Integer.toUnsignedLong(value.getUint32Param()));
                case STRING_PARAM -> changes.put(name, value.getStringParam());
                default -> {
                    // One without a value changes nothing.
                }
            }
        });
        return changes;
    }

    static LogSettingsResponse log(Map<String, Object> settings) {
        LogSettingsResponse.Builder message = LogSettingsResponse.newBuilder();
        settings.forEach((name, value) -> {
            LogSettingsResponse.SettingValue.Builder setting = LogSettingsResponse.SettingValue.newBuilder();
            if (value instanceof Boolean truth) {
                setting.setBoolParam(truth);
            } else if (value instanceof Long number) {
                setting.setUint32Param(number.intValue());
            } else {
                setting.setStringParam(String.valueOf(value));
            }
            message.putSettings(name, setting.build());
        });
        return message.build();
    }
}
