package dev.hearth.engine.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionFoldersTest {

    @TempDir
    Path base;

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "00000123, 123", "1700000000, 1700000000", "9223372036854775807, 9223372036854775807"})
    void readsDecimalNumbers(String name, long version) {
        assertThat(VersionFolders.version(name)).isEqualTo(OptionalLong.of(version));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "1.0", "1a", "a1", " 1", "0x1", "9223372036854775808", "1.tmp", "١"})
    void takesNothingElseForAVersion(String name) {
        assertThat(VersionFolders.version(name)).isEmpty();
    }

    @Test
    void findsFoldersAndLinksToFolders() throws IOException {
        Files.createDirectory(base.resolve("1"));
        Files.createDirectory(base.resolve("002"));
        Files.createDirectory(base.resolve("export"));
        Files.createFile(base.resolve("3"));
        Files.createSymbolicLink(base.resolve("4"), base.resolve("export"));
        Files.createSymbolicLink(base.resolve("5"), base.resolve("nowhere"));
        VersionFolders found = VersionFolders.list(base);
        assertThat(found.folders().keySet()).containsExactly(1L, 2L, 4L);
        assertThat(found.folders().get(2L)).isEqualTo(base.resolve("002"));
        assertThat(found.remarks()).isEmpty();
    }

    @Test
    void ofTwoNamesForOneNumberTheLastInSortedOrderWins() throws IOException {
        Files.createDirectory(base.resolve("1"));
        Files.createDirectory(base.resolve("001"));
        Files.createDirectory(base.resolve("01"));
        VersionFolders found = VersionFolders.list(base);
        assertThat(found.folders()).containsOnlyKeys(1L).containsValue(base.resolve("1"));
        assertThat(found.remarks()).hasSize(2).allMatch(remark -> remark.startsWith("Version 1 exists twice"));
    }

    @Test
    void remarksOnNegativeVersions() throws IOException {
        Files.createDirectory(base.resolve("-1"));
        Files.createDirectory(base.resolve("-x"));
        VersionFolders found = VersionFolders.list(base);
        assertThat(found.folders()).isEmpty();
        assertThat(found.remarks()).singleElement().asString().contains("cannot be negative");
    }

    @Test
    void aMissingBasePathIsAnError() {
        assertThatThrownBy(() -> VersionFolders.list(base.resolve("missing"))).isInstanceOf(NoSuchFileException.class);
    }
}
