package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextSourceTest {
  @TempDir Path folder;

  private Path zip(String... namesAndTexts) throws IOException {
    Path file = Files.createDirectories(folder.resolve("jdk/lib")).resolve("src.zip");
    try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < namesAndTexts.length; i += 2) {
        out.putNextEntry(new ZipEntry(namesAndTexts[i]));
        out.write(namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8));
      }
    }
    return folder.resolve("jdk");
  }

  @Test
  void readsFilesOfAFolderInTheOrderOfTheirNames() throws IOException {
    Files.createDirectories(folder.resolve("b/.git"));
    Files.writeString(folder.resolve("c.txt"), "third\n");
    Files.writeString(folder.resolve("b/x.txt"), "second\n");
    Files.writeString(folder.resolve("b/.git/y"), "hidden\n");
    Files.writeString(folder.resolve("a.txt"), "first\n");
    assertThat(TextSource.read(folder, 1000)).isEqualTo("first\nsecond\nthird\n");
    assertThat(TextSource.read(folder.resolve("c.txt"), 1000)).isEqualTo("third\n");
  }

  @Test
  void stopsAtTheLimitBetweenLinesOrCharacters() throws IOException {
    Path file = Files.writeString(folder.resolve("x"), "äb\ncd\nef\n");
    assertThat(TextSource.read(file, 9)).isEqualTo("äb\ncd\n");
    assertThat(TextSource.read(file, 10)).isEqualTo("äb\ncd\nef\n");
    assertThat(TextSource.read(file, 3)).isEqualTo("äb");
    assertThat(TextSource.read(Files.writeString(file, "🤖🤖🤖"), 11)).isEqualTo("🤖🤖");
  }

  @Test
  void readsPiecesThatEndWithLinesOrCharacters() throws IOException {
    String text = "ab\nцdé🤖日\n\nlong line without an end 🤖🤖🤖🤖 and more";
    Files.writeString(folder.resolve("a"), text);
    Files.writeString(folder.resolve("b"), "next\n");
    for (int bytes = 4; bytes < 80; bytes++) {
      var pieces = new ArrayList<String>();
      TextSource.forEach(folder, bytes, pieces::add);
      assertThat(String.join("", pieces)).isEqualTo(text + "next\n");
      assertThat(pieces.getLast()).endsWith("\n");
      for (String piece : pieces) {
        assertThat(piece.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(bytes);
      }
    }
    var lines = new ArrayList<String>();
    TextSource.forEach(folder.resolve("a"), 16, lines::add);
    assertThat(lines).startsWith("ab\nцdé🤖日\n");
    Path binary = Files.write(folder.resolve("c"), new byte[] {'a', '\n', 'b', 'c', (byte) 0xff});
    assertThatThrownBy(() -> TextSource.forEach(binary, 4, piece -> {}))
        .hasMessage(binary + ": is no UTF-8 text, from byte 4 on");
    assertThatThrownBy(() -> TextSource.forEach(binary, 3, piece -> {}))
        .hasMessageContaining("at least 4 bytes");
  }

  @Test
  void refusesWhatIsNoText() throws IOException {
    assertThatThrownBy(() -> TextSource.read(folder.resolve("no"), 9))
        .hasMessage(folder.resolve("no") + ": there is no such file or folder");
    Path empty = Files.writeString(folder.resolve("empty"), "");
    assertThatThrownBy(() -> TextSource.read(empty, 9)).hasMessage(empty + ": holds no text");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {'a', 'b', (byte) 0xff, 'c'});
    assertThatThrownBy(() -> TextSource.read(binary, 9))
        .hasMessage(binary + ": is no UTF-8 text, from byte 2 on");
    assertThatThrownBy(() -> TextSource.read(empty, 0)).hasMessageContaining("at least 1 byte");
  }

  @Test
  void readsSelectedPackagesSortedWithoutLicences() throws IOException {
    Path jdk =
        zip(
            "java.base/java/util/B.java", "/*\n * Licence.\n */\n\npackage b;\n",
            "java.base/java/lang/A.java", "package a;\n/* no licence */\n",
            "java.base/java/lang/readme.txt", "no source\n",
            "java.sql/S.java", "package s;\n");
    var sources = JdkSources.in(jdk);
    assertThat(sources.read(JdkSources.BASE, 1000, false))
        .isEqualTo("package a;\n/* no licence */\npackage b;\n");
    assertThat(sources.read(List.of("java.base/java/util", "java.sql"), 1000, true))
        .isEqualTo("/*\n * Licence.\n */\n\npackage b;\npackage s;\n");
    assertThat(sources.read(JdkSources.BASE, 12, false)).isEqualTo("package a;\n");
    assertThatThrownBy(() -> sources.read(List.of("java.bas"), 1000, false))
        .hasMessage(sources.zip() + " (java.bas): holds no text");
  }

  @Test
  void readsTheSourcesOfTheJdkThatRuns() {
    Path zip = Path.of(System.getProperty("java.home"), "lib", "src.zip");
    assumeTrue(Files.isRegularFile(zip), "this JDK came without its sources");
    String text = JdkSources.ofThisJdk().read(List.of("java.base/java/lang"), 100_000, false);
    assertThat(text).contains("package java.lang;").doesNotContain("GNU General Public License");
    assertThat(text.getBytes(StandardCharsets.UTF_8).length).isBetween(95_000, 100_000);
  }

  @Test
  void saysHowToGetSourcesThatAreMissing() throws IOException {
    assertThatThrownBy(() -> JdkSources.in(folder))
        .hasMessageStartingWith("this JDK has no " + folder.resolve("lib/src.zip") + "; install")
        .hasMessageContaining("--data FILE");
    Path jdk = zip("java.base/A.java", "x");
    Files.write(jdk.resolve("lib/src.zip"), new byte[100]);
    assertThatThrownBy(() -> JdkSources.in(jdk).read(JdkSources.BASE, 10, false))
        .hasMessageContaining("src.zip: cannot be read: ");
  }
}
