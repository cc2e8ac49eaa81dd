package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenFileTest {
  @TempDir Path folder;

  private static int[] read(TokenSource source, long from, int count) {
    int[] tokens = new int[count];
    source.read(from, tokens, 0, count);
    return tokens;
  }

  private Path written(int vocabularySize, int... tokens) {
    Path file = folder.resolve("tokens.bin");
    TokenFileWriter.write(file, vocabularySize, tokens);
    return file;
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 65_536, 65_537, 5_000_000})
  void tokensComeBack(int vocabularySize) throws IOException {
    int[] tokens = new int[100_000];
    Arrays.setAll(tokens, i -> (int) (i * 7919L % vocabularySize));
    tokens[5] = vocabularySize - 1;
    Path file = written(vocabularySize, tokens);
    try (TokenFile opened = TokenFile.open(file)) {
      assertThat(opened.size()).isEqualTo(tokens.length);
      assertThat(opened.vocabularySize()).isEqualTo(vocabularySize);
      assertThat(read(opened, 0, tokens.length)).isEqualTo(tokens);
      assertThat(read(opened, 4, 2)).containsExactly(tokens[4], tokens[5]);
      opened.verify();
    }
    int bytes = vocabularySize <= 65_536 ? 2 : 4;
    assertThat(Files.size(file)).isEqualTo(64 + (long) bytes * tokens.length);
  }

  @Test
  void readsAndWritesTheFormWithoutAHeader() throws IOException {
    Path file = folder.resolve("gpt.bin");
    try (var writer = new TokenFileWriter(file, 65_536, TokenFileWriter.Form.HEADERLESS)) {
      writer.add(1, 258);
      writer.add(65_535);
      writer.finish();
    }
    assertThat(Files.readAllBytes(file)).containsExactly(1, 0, 2, 1, 255, 255);
    try (TokenFile opened = TokenFile.openHeaderless(file, 65_536)) {
      assertThat(read(opened, 0, 3)).containsExactly(1, 258, 65_535);
      opened.verify();
    }
    try (TokenFile opened = TokenFile.openHeaderless(file, 300)) {
      assertThatThrownBy(() -> read(opened, 0, 3))
          .hasMessage(file + ": token 2 is 65535, but the vocabulary has 0 to 299");
    }
    assertThatThrownBy(() -> TokenFile.openHeaderless(file, 65_537))
        .hasMessageContaining("1 to 65,536 tokens, not 65,537");
    Files.write(file, new byte[3]);
    assertThatThrownBy(() -> TokenFile.openHeaderless(file, 300))
        .hasMessageContaining("3 bytes are no 16-bit tokens");
    assertThatThrownBy(() -> TokenFile.openHeaderless(written(300, new int[100]), 300))
        .hasMessageContaining("has a header");
  }

  @Test
  void refusesDamagedFilesWithTheReason() throws IOException {
    Path file = written(300, 1, 2, 3);
    byte[] good = Files.readAllBytes(file);
    refused(Arrays.copyOf(good, good.length - 1), "but 5 bytes follow; it is truncated");
    refused(Arrays.copyOf(good, good.length + 1), "but 7 bytes follow; it is damaged");
    refused(Arrays.copyOf(good, 40), "is no token file; such a file starts with KILNTOKS");
    refused(new byte[0], "is empty");
    refused(changed(good, 0, 'X'), "is no token file");
    refused(changed(good, 8, 2), "is of version 2, not 1");
    refused(changed(good, 12, 3), "tokens of 3 bytes, not 2 or 4");
    refused(changed(good, 24 + 7, 1), "the header is damaged");
    refused(
        changed(good, 16 + 7, 0x80),
        "775,805 tokens of 2 bytes, but 6 bytes follow; it is damaged");
    assertThatThrownBy(() -> TokenFile.open(folder.resolve("none")))
        .hasMessage(folder.resolve("none") + ": there is no such file");
    Files.write(file, changed(good, 64, 9));
    try (TokenFile opened = TokenFile.open(file)) {
      assertThatThrownBy(opened::verify).hasMessageContaining("damaged: its checksum is");
    }
    Files.write(file, changed(good, 65, 9));
    try (TokenFile opened = TokenFile.open(file)) {
      assertThatThrownBy(() -> read(opened, 0, 1)).hasMessageContaining("token 0 is 2305, but");
    }
  }

  private static byte[] changed(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private void refused(byte[] bytes, String reason) throws IOException {
    Path file = Files.write(folder.resolve("bad.bin"), bytes);
    assertThatThrownBy(() -> TokenFile.open(file))
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(reason);
  }

  /** Takes no room on disks with sparse files. */
  @Test
  @Tag("slow")
  void mapsFilesOfSeveralGigabytes() throws IOException {
    Path file = folder.resolve("large.bin");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {7, 0}), 5_999_999_998L);
    }
    try (TokenFile opened = TokenFile.openHeaderless(file, 50_000)) {
      assertThat(opened.size()).isEqualTo(3_000_000_000L);
      assertThat(read(opened, 2_999_999_998L, 2)).containsExactly(0, 7);
      var windows = TokenWindows.inOrder(opened, 8, 256);
      assertThat(windows.batch(0, windows.batches(0) - 1).batch()).isPositive();
    }
  }

  @Test
  void aFileAppearsWholeOrNotAtAll() throws IOException {
    Path file = folder.resolve("new.bin");
    try (var writer = new TokenFileWriter(file, 10, TokenFileWriter.Form.WITH_HEADER)) {
      writer.add(1, 2, 3);
      assertThatThrownBy(() -> writer.add(10)).hasMessageContaining("10 is no token");
    }
    try (var writer = new TokenFileWriter(file, 10, TokenFileWriter.Form.WITH_HEADER)) {
      assertThatThrownBy(writer::finish).hasMessageContaining("there are no tokens");
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aClosedFileCannotBeRead() {
    TokenFile opened = TokenFile.open(written(10, 1, 2));
    opened.close();
    opened.close();
    assertThatThrownBy(() -> read(opened, 0, 1)).hasMessageEndingWith("tokens.bin: is closed");
  }

  @Test
  void partsOfRowsAreReadAcrossTheirBorders() {
    TokenSource row =
        TokenSource.joined(
            List.of(
                TokenSource.of(new int[] {0, 1, 2}, 10),
                TokenSource.of(new int[] {3}, 10),
                TokenSource.of(new int[] {4, 5, 6, 7}, 10)));
    assertThat(read(row, 0, 8)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(read(row, 2, 3)).containsExactly(2, 3, 4);
    assertThat(read(row.range(3, 6), 1, 2)).containsExactly(4, 5);
    TokenSource.Parts parts = row.split(0.25);
    assertThat(read(parts.training(), 0, 6)).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(read(parts.validation(), 0, 2)).containsExactly(6, 7);
    assertThatThrownBy(() -> read(row, 7, 2)).hasMessage("tokens 7 to 9 are no part of 8 tokens");
    assertThatThrownBy(() -> row.split(0.01))
        .hasMessage("8 tokens cannot be split so that a part of 0.01 is for validation");
    assertThatThrownBy(
            () ->
                TokenSource.joined(
                    List.of(TokenSource.of(new int[1], 2), TokenSource.of(new int[1], 3))))
        .hasMessage("tokens of vocabularies of 2 and 3 cannot be joined");
    assertThatThrownBy(() -> TokenSource.of(new int[] {2}, 2)).hasMessageContaining("no token");
  }
}
