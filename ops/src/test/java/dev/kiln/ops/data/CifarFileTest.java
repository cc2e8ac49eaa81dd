package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFileTest {
  @TempDir Path folder;

  private static byte[] image(int... labels) {
    byte[] bytes = new byte[labels.length + 3072];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    for (int i = 0; i < 3072; i++) {
      bytes[labels.length + i] = (byte) (i / 1024 * 100);
    }
    return bytes;
  }

  private Path file(String name, byte[]... parts) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (byte[] part : parts) {
        out.write(part);
      }
    }
    return file;
  }

  @Test
  void readsAFolderOfTen() throws IOException {
    for (int i = 1; i <= 5; i++) {
      file("data_batch_" + i + ".bin", image(i), image(9));
    }
    file("test_batch.bin", image(0));
    CifarFile.Parts parts = CifarFile.in(folder, CifarFile.Labels.TEN);
    assertThat(parts.training().labels()).containsExactly(1, 9, 2, 9, 3, 9, 4, 9, 5, 9);
    Sample sample = parts.test().get(0);
    assertThat(sample.shape()).containsExactly(3, 32, 32);
    assertThat(sample.values()[1024]).isEqualTo(100 * (1 / 255f));
  }

  @Test
  void readsEitherLabelOfAHundred() throws IOException {
    file("train.bin", image(19, 99), image(3, 40));
    file("test.bin", image(0, 1));
    var fine = CifarFile.in(folder, CifarFile.Labels.HUNDRED_FINE).training();
    assertThat(fine.labels()).containsExactly(99, 40);
    assertThat(fine.classes()).isEqualTo(100);
    var coarse = CifarFile.in(folder, CifarFile.Labels.HUNDRED_COARSE).training();
    assertThat(coarse.labels()).containsExactly(19, 3);
  }

  @Test
  void readsCompressedFiles() throws IOException {
    Path file = folder.resolve("packed.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(image(4));
    }
    assertThat(CifarFile.read(List.of(file), CifarFile.Labels.TEN).labels()).containsExactly(4);
  }

  @Test
  void refusesDamagedFilesWithTheReason() throws IOException {
    List<Path> cut = List.of(file("cut.bin", image(1), Arrays.copyOf(image(2), 3000)));
    assertThatThrownBy(() -> CifarFile.read(cut, CifarFile.Labels.TEN))
        .hasMessage(
            cut.getFirst()
                + ": 6,073 bytes are not whole images of 3,073 bytes; it is truncated or of another"
                + " kind");
    List<Path> wrong = List.of(file("wrong.bin", image(1), image(10)));
    assertThatThrownBy(() -> CifarFile.read(wrong, CifarFile.Labels.TEN))
        .hasMessage(wrong.getFirst() + ": image 1 has the label 10, not a class from 0 to 9");
    List<Path> empty = List.of(file("empty.bin"));
    assertThatThrownBy(() -> CifarFile.read(empty, CifarFile.Labels.TEN))
        .hasMessage(empty.getFirst() + ": is empty");
    assertThatThrownBy(() -> CifarFile.in(folder, CifarFile.Labels.TEN))
        .hasMessageEndingWith("data_batch_1.bin: there is no such file");
  }
}
