package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipException;

/**
 * Images of 32 x 32 in three colours, in the binary form of CIFAR-10 and CIFAR-100
 * (https://www.cs.toronto.edu/~kriz/cifar.html): for each image its labels, a byte each, then 1,024
 * bytes of red, of green and of blue, row by row.
 */
public final class CifarFile {
  /** What labels a file has. */
  public enum Labels {
    /** CIFAR-10: one label of ten classes. */
    TEN(1, 0, 10),
    /** CIFAR-100: the first of two labels, of twenty groups of classes. */
    HUNDRED_COARSE(2, 0, 20),
    /** CIFAR-100: the second of two labels, of a hundred classes. */
    HUNDRED_FINE(2, 1, 100);

    private final int bytes;
    private final int place;
    private final int classes;

    Labels(int bytes, int place, int classes) {
      this.bytes = bytes;
      this.place = place;
      this.classes = classes;
    }

    /** How many classes there are. */
    public int classes() {
      return classes;
    }
  }

  /** Training and test images. */
  public record Parts(LabeledImages training, LabeledImages test) {}

  private static final int SIDE = 32;
  private static final int CHANNELS = 3;
  private static final int IMAGE = CHANNELS * SIDE * SIDE;

  private CifarFile() {}

  /**
   * The files of a folder: {@code data_batch_1.bin} to {@code data_batch_5.bin} and {@code
   * test_batch.bin}, or {@code train.bin} and {@code test.bin} for CIFAR-100.
   *
   * @throws KilnException if one is missing or damaged
   */
  public static Parts in(Path folder, Labels labels) {
    if (labels == Labels.TEN) {
      List<Path> training =
          List.of(1, 2, 3, 4, 5).stream()
              .map(i -> folder.resolve("data_batch_" + i + ".bin"))
              .toList();
      return new Parts(
          read(training, labels), read(List.of(folder.resolve("test_batch.bin")), labels));
    }
    return new Parts(
        read(List.of(folder.resolve("train.bin")), labels),
        read(List.of(folder.resolve("test.bin")), labels));
  }

  /**
   * Reads files, compressed with gzip or plain, one after the other.
   *
   * @throws KilnException if one cannot be read, is empty or truncated, or has a label that is no
   *     class; the message names the file and the image
   */
  public static LabeledImages read(List<Path> files, Labels labels) {
    byte[][] contents = files.stream().map(CifarFile::content).toArray(byte[][]::new);
    int size = labels.bytes + IMAGE;
    long images = 0;
    for (int i = 0; i < contents.length; i++) {
      requireWhole(files.get(i), contents[i].length, size);
      images += contents[i].length / size;
    }
    if (images * IMAGE > Integer.MAX_VALUE - 8) {
      throw new KilnException("%,d images are too many for one data set".formatted(images));
    }
    byte[] pixels = new byte[(int) images * IMAGE];
    byte[] classes = new byte[(int) images];
    int image = 0;
    for (int i = 0; i < contents.length; i++) {
      for (int at = 0; at < contents[i].length; at += size, image++) {
        int label = contents[i][at + labels.place] & 0xff;
        if (label >= labels.classes) {
          throw new KilnException(
              "%s: image %,d has the label %d, not a class from 0 to %d"
                  .formatted(files.get(i), at / size, label, labels.classes - 1));
        }
        classes[image] = (byte) label;
        System.arraycopy(contents[i], at + labels.bytes, pixels, image * IMAGE, IMAGE);
      }
    }
    return new LabeledImages(CHANNELS, SIDE, SIDE, labels.classes, pixels, classes);
  }

  private static void requireWhole(Path file, int bytes, int size) {
    if (bytes == 0) {
      throw new KilnException(file + ": is empty");
    }
    if (bytes % size != 0) {
      throw new KilnException(
          "%s: %,d bytes are not whole images of %,d bytes; it is truncated or of another kind"
              .formatted(file, bytes, size));
    }
  }

  private static byte[] content(Path file) {
    try (InputStream in = MaybeGzip.open(Files.newInputStream(file))) {
      return in.readAllBytes();
    } catch (NoSuchFileException e) {
      throw new KilnException(file + ": there is no such file", e);
    } catch (EOFException | ZipException e) {
      throw new KilnException(file + ": damaged gzip data: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
