package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
  @Test
  void bundledDigitsAreComplete() {
    Mnist digits = Mnist.bundled();
    assertThat(digits.training().count()).isEqualTo(8500);
    assertThat(digits.test().count()).isEqualTo(1500);
    assertThat(digits.training().height()).isEqualTo(28);
    assertThat(digits.training().width()).isEqualTo(28);
    int[] counts = new int[10];
    for (byte label : digits.training().labels()) {
      counts[label]++;
    }
    for (int digit = 0; digit < counts.length; digit++) {
      assertThat(counts[digit]).as("images of a " + digit).isBetween(600, 1100);
    }
  }

  @Test
  void readsTheUsualFilesOfAFolderCompressedOrNot(@TempDir Path folder) throws IOException {
    write(folder, "train-images-idx3-ubyte", images(3));
    write(folder, "train-labels-idx1-ubyte", labels(1, 9, 0));
    Files.write(folder.resolve("t10k-images-idx3-ubyte.gz"), IdxFileTest.compressed(images(2)));
    Files.write(folder.resolve("t10k-labels-idx1-ubyte.gz"), IdxFileTest.compressed(labels(4, 5)));
    Mnist digits = Mnist.in(folder);
    assertThat(digits.training().labels()).containsExactly(1, 9, 0);
    assertThat(digits.test().count()).isEqualTo(2);
    assertThat(digits.test().imageSize()).isEqualTo(6);
  }

  @Test
  void saysWhatIsWrongWithAFolder(@TempDir Path folder) throws IOException {
    refused(folder.resolve("none"), "is not a folder");
    refused(folder, "holds neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz");
    write(folder, "train-images-idx3-ubyte", images(3));
    write(folder, "train-labels-idx1-ubyte", labels(1, 2));
    refused(
        folder, "train-images-idx3-ubyte has 3 images, but train-labels-idx1-ubyte has 2 labels");
    write(folder, "train-labels-idx1-ubyte", labels(1, 2, 10));
    refused(folder, "label 2 is 10, not a class from 0 to 9");
  }

  private static void refused(Path folder, String message) {
    assertThatThrownBy(() -> Mnist.in(folder))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining(message);
  }

  private static void write(Path folder, String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  /** Images of 2 x 3. */
  private static byte[] images(int count) {
    return ByteBuffer.allocate(16 + 6 * count)
        .putInt(0x803)
        .putInt(count)
        .putInt(2)
        .putInt(3)
        .array();
  }

  private static byte[] labels(int... labels) {
    var bytes = ByteBuffer.allocate(8 + labels.length).putInt(0x801).putInt(labels.length);
    for (int label : labels) {
      bytes.put((byte) label);
    }
    return bytes.array();
  }
}
