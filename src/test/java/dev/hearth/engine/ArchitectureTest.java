package dev.hearth.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.hearth.engine.time.ComputeThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Who may use whom in the engine. The arrows between packages are read from the table in docs/architecture.md. */
class ArchitectureTest {

    private static final String ENGINE = "dev.hearth.engine";

    /** The places where threads begin; each names its threads, and docs/architecture.md lists them. */
    private static final List<String> THREAD_OWNERS = List.of(
            "ServingEngine",
            "batching.BatchScheduler",
            "healing.SelfHealing",
            "lifecycle.LifecycleThreads",
            "predict.Calibration",
            "predict.DirectExecution",
            "repository.FileSystemModelRepository",
            "time.ComputeThreads",
            "time.DelayScheduler",
            "warmup.WarmupRunner");

    private static final Set<String> CLOCKS = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.lang.Thread.sleep",
            "java.time.Instant.now",
            "java.time.Clock.systemUTC");

    /** {@code | `package` | what lives there | `may use` |}. */
    private static final Pattern ROW = Pattern.compile("\\| `([a-z]+)` \\| .* \\| (nothing|`[a-z ]+`) \\|");

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ENGINE);

    @Test
    void packagesUseOnlyWhatTheTableAllows() throws IOException {
        arrows().forEach((user, used) -> {
            String[] allowed = Stream.concat(Stream.of(user), used.stream())
                    .map(name -> ENGINE + "." + name)
                    .toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(ENGINE + "." + user)
                    .should()
                    .dependOnClassesThat(DescribedPredicate.describe(
                            "are in packages of the engine other than " + used,
                            type -> type.getPackageName().startsWith(ENGINE)
                                    && !List.of(allowed).contains(type.getPackageName())))
                    .allowEmptyShould(true)
                    .check(CODE);
        });
    }

    @Test
    void everyPackageWithCodeIsInTheTable() throws IOException {
        TreeSet<String> packages = CODE.stream()
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals(ENGINE))
                .map(name -> name.substring(ENGINE.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(arrows().keySet()).containsAll(packages);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching(ENGINE + ".(*)..").should().beFreeOfCycles().check(CODE);
    }

    @Test
    void theEngineIsPlainJava() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        ENGINE + "..",
                        "java..",
                        "org.jboss.logging..",
                        "com.netflix.concurrency.limits..",
                        "com.github.benmanes.caffeine..",
                        "com.dynatrace.hash4j..",
                        "org.jspecify.annotations..",
                        "com.google.errorprone.annotations..")
                .check(CODE);
    }

    @Test
    void clocksAreReadInPackageTimeOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ENGINE + ".time")
                .should()
                .accessTargetWhere(DescribedPredicate.describe(
                        "reads a clock or sleeps",
                        access -> CLOCKS.contains(access.getTargetOwner().getName() + "." + access.getName())))
                .check(CODE);
    }

    @Test
    void threadsBeginInNamedPlacesOnly() {
        noClasses()
                .that(DescribedPredicate.describe("own no threads", type -> THREAD_OWNERS.stream()
                        .noneMatch(owner -> type.getName().equals(ENGINE + "." + owner)
                                || type.getName().startsWith(ENGINE + "." + owner + "$"))))
                .should()
                .callConstructor(Thread.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class, String.class)
                .orShould()
                .callMethod(ComputeThreads.class, "of", Runnable.class, String.class)
                .orShould()
                .callMethod(ComputeThreads.class, "givingWay", Runnable.class, String.class)
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Executors.class, ForkJoinPool.class)
                .check(CODE);
    }

    @Test
    void everyPackageSaysThatNothingIsNullUnlessMarked() {
        assertThat(CODE.stream()
                        .filter(type -> type.getSimpleName().equals("package-info"))
                        .filter(type -> type.isAnnotatedWith(NullMarked.class))
                        .map(JavaClass::getPackageName))
                .containsAll(
                        CODE.stream().map(JavaClass::getPackageName).distinct().toList());
    }

    /** Package to what it may use. */
    private static Map<String, List<String>> arrows() throws IOException {
        Map<String, List<String>> arrows = new TreeMap<>();
        for (String line :
                Files.readAllLines(Path.of(System.getProperty("repository.root"), "docs", "architecture.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                String used = row.group(2).replace("`", "");
                arrows.put(row.group(1), used.equals("nothing") ? List.of() : List.of(used.split(" ")));
            }
        }
        assertThat(arrows).as("rows of packages in docs/architecture.md").hasSizeGreaterThan(10);
        return arrows;
    }
}
