package dev.hearth.endpoints.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Every key a user may set, below {@code hearth.}; as system property, environment variable or flag (config/README.md
 * lists them, and a test compares). Names of files are paths on the server's machine.
 */
@ConfigMapping(prefix = "hearth")
public interface HearthConfig {

    /** Text file of ModelServerConfig; wins over {@code model-name} and {@code model-base-path}. */
    Optional<String> modelConfigFile();

    /** Period for re-reading the model config file; zero = never. */
    @WithDefault("0S")
    Duration modelConfigFilePollWait();

    /** Name of the single model. */
    @WithDefault("default")
    String modelName();

    /** Folder of the single model, holding one folder per version. */
    Optional<String> modelBasePath();

    /** Serve every model folder below this one under its own name. */
    Optional<String> modelStorePath();

    /** Models by name, beside those of the flags and files. */
    Map<String, Model> models();

    /** Latency objective: no request may take longer in the engine, and what would is refused at once. */
    Optional<Duration> slo();

    /** Latency objectives of single models, by name; they win over the one of all. */
    Map<String, Duration> slos();

    /** Address that the ports are bound to. */
    @WithDefault("0.0.0.0")
    String host();

    /** Text file of PlatformConfigMap, whose session, batching and warm-up settings win over the keys below. */
    Optional<String> platformConfigFile();

    /** Text file of MonitoringConfig, which switches TensorFlow Serving's metrics page on. */
    Optional<String> monitoringConfigFile();

    Grpc grpc();

    Rest rest();

    Limits limits();

    Labels labels();

    Lifecycle lifecycle();

    Lazy lazy();

    Memory memory();

    Hung hung();

    Golden golden();

    Batching batching();

    CacheTiers cache();

    Predict predict();

    Warmup warmup();

    Healing healing();

    Drain drain();

    Fallback fallback();

    RequestLog requestLog();

    Page page();

    Log log();

    OpenInference openInference();

    Tracing tracing();

    Gpu gpu();

    SecurityConfig security();

    TlsConfig tls();

    @WithName("tensorflow")
    TensorFlow tensorFlow();

    Tflite tflite();

    /** Keys of models that are loaded on demand. */
    interface Lazy {

        /** Every model is loaded when it is asked for first, unless it says otherwise. */
        @WithDefault("false")
        boolean allModels();

        /** How long after its last request such a model is unloaded; zero = never by time. */
        @WithDefault("0S")
        Duration idleTtl();
    }

    /** Keys of recorded answers that a version must still give before it serves. */
    interface Golden {

        /** Whether they are asked for. */
        @WithDefault("true")
        boolean enabled();

        /** How far a number may be from the recorded one, where the version does not say. */
        @WithDefault("0.00001")
        double absoluteTolerance();

        /** The same as a share of the recorded number; both count. */
        @WithDefault("0.001")
        double relativeTolerance();
    }

    /** Keys of runs that do not come back. */
    interface Hung {

        /** How long after the deadline of all who wait for a run it is given up; zero = never. */
        @WithDefault("10S")
        Duration grace();

        /** How long after its begin a run is given up that somebody waits for without a deadline. */
        @WithDefault("10M")
        Duration longest();

        /** With so many such runs a version is not asked any more. */
        @WithDefault("4")
        int most();
    }

    /** Keys of the memory of the process. */
    interface Memory {

        /** More than this, and the process is killed; 0 = the limit of the control group, or the machine's memory. */
        @WithDefault("0")
        long limitBytes();

        /** Share of that from which requests are refused; 0 = never. */
        @WithDefault("0.95")
        double refuseFrom();
    }

    /** Keys of trying a candidate version out. */
    interface Canary {

        /** {@code split}: it answers a share of the requests; {@code shadow}: copies of them; {@code off}. */
        @WithDefault("off")
        String mode();

        /** The candidate; absent = the highest version, where there is another. */
        OptionalLong version();

        /** Share of the requests that name no version. */
        @WithDefault("0.05")
        double share();

        /** Header, or metadata, whose equal values go to the same version; absent = chance decides. */
        Optional<String> byHeader();

        /** By so much its share of failed requests may exceed the other version's. */
        @WithDefault("0.05")
        double maxErrors();

        /** Share of compared answers that may differ. */
        @WithDefault("0.01")
        double maxDivergence();

        /** So many times the mean time of the other version it may take; 0 = any. */
        @WithDefault("0")
        double maxSlowdown();

        /** Nothing is decided before so many requests. */
        @WithDefault("50")
        int minRequests();
    }

    /** One model of {@code hearth.models."name"}. */
    interface Model {

        /** Folder holding one folder per version; absent for a model that is named elsewhere. */
        Optional<String> basePath();

        /** Load it when it is asked for first; absent = as {@code hearth.lazy.all-models} says. */
        Optional<Boolean> lazy();

        /** Trying a candidate version out. */
        Canary canary();

        /** Once loaded on demand, it stays. */
        @WithDefault("false")
        boolean pinned();

        /** How long after its last request it is unloaded, if it is lazy; absent = as {@code hearth.lazy.idle-ttl} says. */
        Optional<Duration> idleTtl();

        /** {@code latest}, {@code latest:N}, {@code all}, or version numbers separated by commas. */
        @WithDefault("latest")
        String versions();

        /** Labels and the versions they point to. */
        Map<String, Long> labels();

        Cache cache();
    }

    /** Keys of what all cached models share. */
    interface CacheTiers {

        Redis redis();
    }

    /** Keys of the cache's tier in Redis; where Redis is and how to get in is said by {@code quarkus.redis}. */
    interface Redis {

        /** Begins every key. */
        @WithDefault("hearth")
        String prefix();

        /** How long a request may wait for Redis. */
        @WithDefault("5MS")
        Duration budget();

        /** How long loading a version may wait for a Redis that does not answer. */
        @WithDefault("500MS")
        Duration loadBudget();

        /** Answers that may wait to be written, in bytes; more are not written. */
        @WithDefault("16777216")
        long writeBytes();
    }

    /** Keys of the cache of one model's answers. */
    interface Cache {

        /** Answer what was asked before without computing it again. */
        @WithDefault("false")
        boolean enabled();

        /** {@code memory}, {@code redis}, or both separated by a comma. */
        @WithDefault("memory")
        List<String> tiers();

        /** How long an answer may be used; 0 = as long as its version is loaded. */
        @WithDefault("1H")
        Duration ttl();

        /** Memory for answers in this process, in bytes. */
        @WithDefault("67108864")
        long maxBytes();

        /** Rows one by one: {@code auto} where that has been seen to change no bit, {@code always}, {@code never}. */
        @WithDefault("auto")
        String rows();

        /** Values of at least this many bytes are compressed in Redis; 0 = never. */
        @WithDefault("4096")
        int compressFromBytes();
    }

    /** Keys of the gRPC side. */
    interface Grpc {

        /** Port for gRPC; REST answers there, too. 0 = off. */
        @WithDefault("8500")
        int port();

        /** Also listen on this Unix socket. */
        Optional<String> socketPath();

        /** Text file of SSLConfig: TLS on the gRPC port. */
        Optional<String> sslConfigFile();

        /** Answers carry tensor_content instead of typed fields. */
        @WithDefault("false")
        boolean tensorContent();
    }

    /** Keys of the REST side. */
    interface Rest {

        /** Port for REST; gRPC answers there, too. 0 = off. */
        @WithDefault("8501")
        int port();

        /** Deadline of a REST call. */
        @WithDefault("30S")
        Duration timeout();

        /** Send CORS headers. */
        @WithDefault("false")
        boolean cors();

        /** Compress answers of at least this many bytes for clients that accept gzip; 0 = never. */
        @WithDefault("16384")
        int gzipFromBytes();
    }

    /** What one request and all requests together may take. */
    interface Limits {

        /** Longest request body or gRPC message, in bytes. */
        @WithDefault("134217728")
        long messageBytes();

        /** Longest body after decompression, in bytes. */
        @WithDefault("134217728")
        long decompressedBytes();

        /** Bytes of all requests that are being answered; more are refused. */
        @WithDefault("1073741824")
        long inFlightBytes();

        /** Longest head of a request, in bytes. */
        @WithDefault("20480")
        int headerBytes();

        /** Longest target of a request, in bytes. */
        @WithDefault("4096")
        int urlBytes();

        /** How long a new connection may take to send the head of its first request; zero = no bound. */
        @WithDefault("30S")
        Duration headerTime();

        /** How long a body may take, besides what its bytes take over a slow line; zero = no bound. */
        @WithDefault("60S")
        Duration bodyTime();

        /** How long a client may take to read an answer, besides what its bytes take over a slow line; zero = no bound. */
        @WithDefault("60S")
        Duration answerTime();

        /** How long a connection may be open with no request under way; zero = for ever. */
        @WithDefault("10M")
        Duration idleTime();

        /** How long a stream may be silent, and a connection with calls under way move nothing; zero = for ever. */
        @WithDefault("1H")
        Duration silentTime();

        /** Silence after which the system asks whether the other end of a connection is still there; zero = it does not. */
        @WithDefault("60S")
        Duration keepaliveTime();

        /** Connections at a time, over all ports but the administrators'; 0 = no bound. */
        @WithDefault("20000")
        int connections();

        /** How long a complete request may wait to be read while too many come; 0 = nothing is refused for that. */
        @WithDefault("1S")
        Duration parseWait();

        /** How long requests must wait longer than that before any is refused. */
        @WithDefault("2S")
        Duration parsePatience();

        /** Requests that may wait for a run thread. */
        @WithDefault("10000")
        int queuedRequests();
    }

    /** Keys of version labels. */
    interface Labels {

        /** New labels may point to versions that are not loaded yet. */
        @WithDefault("false")
        boolean allowUnavailable();
    }

    /** Keys of loading and unloading. */
    interface Lifecycle {

        /** Threads that load versions; 0 = as many as cores, at least two. */
        @WithDefault("0")
        int loadThreads();

        /** Threads that unload versions; 0 = one. */
        @WithDefault("0")
        int unloadThreads();

        /** Tries after a first failed load. */
        @WithDefault("5")
        int maxLoadRetries();

        /** Wait between tries. */
        @WithDefault("60S")
        Duration loadRetryInterval();

        /** A load that takes longer is told of and does not hold up others; zero = none does. */
        @WithDefault("5M")
        Duration slowLoad();

        /** Period for looking for new versions; zero = once at start, negative = never after the start. */
        @WithDefault("1S")
        Duration pollWait();

        /** {@code availability-preserving} loads the new version first; {@code resource-preserving} unloads first. */
        @WithDefault("availability-preserving")
        String policy();

        /** A base path without any version unloads the model (TensorFlow Serving's behaviour) instead of keeping it. */
        @WithDefault("false")
        boolean unloadVanished();

        /** Main memory that all loaded versions may take together, in bytes; 0 = no bound, -1 = what is left for models. */
        @WithDefault("-1")
        long memoryBudgetBytes();

        /** How long a request for a configured model that is still loading may be held. */
        @WithDefault("30S")
        Duration holdWhileLoading();
    }

    /** Keys of batching; the first three have TensorFlow Serving's meaning. */
    interface Batching {

        /** Group requests into batches. */
        @WithDefault("false")
        boolean enabled();

        /** Text file of BatchingParameters. */
        Optional<String> parametersFile();

        /** Read batching_params.pbtxt in each version folder; a model without it is not batched. */
        @WithDefault("false")
        boolean perModelParameters();

        /** Batch what gains by it, from measured times; where TensorFlow Serving's batching is not enabled. */
        @WithDefault("true")
        boolean selfTuning();

        /** Self-tuned batches that can run at once, over all models; 0 = automatic. */
        @WithDefault("0")
        int threads();

        /** Most rows in a self-tuned batch; larger requests are cut. */
        @WithDefault("1024")
        int maxRows();

        /** How long measuring one kind of requests may take before a version serves; 0 = do not measure. */
        @WithDefault("300MS")
        Duration calibrationLimit();

        /** Folder in which measured times are kept between starts. */
        Optional<String> profiles();

        /** Folder of measured times that came with a package; only read. */
        Optional<String> broughtProfiles();

        /** Share measured times in Redis; absent = where a model's answers are kept there. */
        Optional<Boolean> shareProfiles();
    }

    /** Keys of the predict path. */
    interface Predict {

        /** Threads that run models outside of batches; 0 = automatic. */
        @WithDefault("0")
        int runThreads();

        /** Refuse calls whose signature has another method name. */
        @WithDefault("false")
        boolean methodNameCheck();
    }

    /** Keys of warm-up. */
    interface Warmup {

        /** Run warm-up before a version serves. */
        @WithDefault("true")
        boolean enabled();

        /** Times each record runs; 0 = once. */
        @WithDefault("0")
        int iterations();

        /** A failing record is a warning instead of failing the version. */
        @WithDefault("false")
        boolean warnOnly();

        /** Warm up from the signatures where a version brings no records. */
        @WithDefault("true")
        boolean synthetic();
    }

    /** Keys of mending versions that stop working. */
    interface Healing {

        /** Failed runs in a row, with errors that may be the model's, after which a version is probed; 0 = never. */
        @WithDefault("8")
        int failures();
    }

    /** Keys of shutting down. */
    interface Drain {

        /** How long after SIGTERM requests are still taken, with a notice to go elsewhere, while readiness is false. */
        @WithDefault("500MS")
        Duration notice();

        /** How long SIGTERM waits for accepted requests. */
        @WithDefault("30S")
        Duration timeout();
    }

    /** Keys of the other Hearth that answers what this one refuses. */
    interface Fallback {

        /** Where it is, without a path; absent = there is none. */
        Optional<String> url();

        /** Whether requests of single models may go there; wins over {@code all-models}. */
        Map<String, Boolean> models();

        /** Whether requests of every model may go there. */
        @WithDefault("false")
        boolean allModels();

        /** Value of the header Authorization to send. */
        Optional<String> authorization();

        /** How long it may take to answer; the deadline of the request holds, too. */
        @WithDefault("10S")
        Duration timeout();

        /** Requests that may be there at once. */
        @WithDefault("64")
        int requests();

        /** Longest body to forward. */
        @WithDefault("4500000")
        int requestBytes();

        /** Requests whose outcome decides whether to stop asking for a while. */
        @WithDefault("20")
        int circuitRequests();

        /** Share of failures among them that stops asking. */
        @WithDefault("0.5")
        double circuitFailures();

        /** How long then nothing is asked. */
        @WithDefault("5S")
        Duration circuitDelay();
    }

    /** Keys of logging requests and their answers to files. */
    interface RequestLog {

        /** How files are named, with their folder: {@code PREFIX-MODEL.TIME-N.tfrecord}. */
        Optional<String> prefix();

        /** Share of the answered requests that is logged; 0 = none, 1 = all. */
        @WithDefault("0")
        double samplingRate();

        /** The share for single models, by name; wins over the one of all. */
        Map<String, Double> models();

        /** A file is finished when it has so many bytes. */
        @WithDefault("67108864")
        long fileBytes();

        /** A file is finished after this time, however short it is. */
        @WithDefault("1H")
        Duration filePeriod();

        /** Most bytes of all files of one prefix; the oldest are deleted. */
        @WithDefault("1073741824")
        long totalBytes();

        /** Most bytes of requests and answers that wait to be written; what would exceed it is dropped and counted. */
        @WithDefault("67108864")
        long queueBytes();
    }

    /** Keys of the log; only in the server packaging. */
    interface Log {

        /** Lines are JSON objects. */
        @WithDefault("false")
        boolean json();

        /** A line for every request. */
        @WithDefault("false")
        boolean access();
    }

    /** Keys of following requests with OpenTelemetry; only in the server packaging. */
    interface Tracing {

        /** Where a collector takes OTLP over HTTP; absent = nothing is followed. */
        Optional<String> endpoint();

        /** Share of the requests that are followed where the caller has not decided it. */
        @WithDefault("1")
        double samplingRate();

        /** Most requests a second that are followed where the caller has not decided it; 0 = any number. */
        @WithDefault("100")
        int perSecond();

        /** Name of this service in traces. */
        @WithDefault("hearth")
        String serviceName();
    }

    /** Keys of the live page. */
    interface Page {

        /** Show it at {@code /}; only in the server packaging. */
        @WithDefault("true")
        boolean enabled();
    }

    /** Keys of the Open Inference Protocol. */
    interface OpenInference {

        /** Clients on this machine may register regions of shared memory to put tensors there. */
        @WithDefault("false")
        boolean sharedMemory();

        /** Clients may load and unload the models that are configured. */
        @WithDefault("true")
        boolean modelControl();
    }

    /** Keys of the accelerator. */
    interface Gpu {

        /** Fail the load instead of running on the CPU where no GPU is found. */
        @WithDefault("false")
        boolean required();

        /** Meters of the machine's GPUs where nvidia-smi is on the path. */
        @WithDefault("true")
        boolean metrics();
    }

    /** Keys of the TensorFlow backend. */
    interface TensorFlow {

        /** Threads for both kinds of parallelism; 0 = automatic. */
        @WithDefault("0")
        int sessionParallelism();

        /** Threads inside one op; 0 = automatic. */
        @WithDefault("0")
        int intraOpParallelism();

        /** Ops that run at once; 0 = automatic. */
        @WithDefault("0")
        int interOpParallelism();

        /** TensorFlow's threads look for more work for some time before they sleep. */
        @WithDefault("false")
        boolean threadSpinning();

        /** Text file of ConfigProto, merged under the other keys. */
        Optional<String> sessionConfigFile();

        /** Share of the GPU's memory to take; 0 = TensorFlow decides. */
        @WithDefault("0")
        double gpuMemoryFraction();

        /** Take GPU memory as needed instead of at once. */
        @WithDefault("false")
        boolean gpuAllowGrowth();

        /** GPUs to use, e.g. {@code 0,1}; absent = all. */
        Optional<String> visibleDevices();

        /** Memory in MiB of the devices that each visible GPU is cut into: commas in a GPU, semicolons between GPUs. */
        Optional<String> virtualDevices();

        /** Tags of the MetaGraph to load. */
        @WithDefault("serve")
        List<String> savedModelTags();

        /** Sessions per version; absent = chosen from cores and model size. */
        OptionalInt sessions();

        /** Run in the calling thread: {@code auto} where runs are measured to be short, {@code always}, {@code never}. */
        @WithDefault("auto")
        String inlineRuns();

        /** Models up to this many bytes have variables that no run changes turned into constants; 0 = none. */
        @WithDefault("4194304")
        long freezeUpToBytes();

        /** Compile clusters with XLA on the CPU. */
        @WithDefault("false")
        boolean xlaCpu();

        /** Compile clusters with XLA on the GPU. */
        @WithDefault("false")
        boolean xlaGpu();

        /** {@code bfloat16} or nothing. */
        Optional<String> mixedPrecision();
    }

    /** Keys of the TensorFlow Lite backend. */
    interface Tflite {

        /** Where a version folder has both formats, use model.tflite. */
        @WithDefault("false")
        boolean prefer();

        /** Interpreters per version; 0 = as many as cores. */
        @WithDefault("0")
        int interpreters();

        /** Show quantized inputs and outputs as floats, converted by their scale and zero point. */
        @WithDefault("false")
        boolean floats();
    }
}
