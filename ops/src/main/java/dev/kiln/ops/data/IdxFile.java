package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipException;

/**
 * An array of unsigned bytes in the IDX format of the MNIST database: two zero bytes, a byte for
 * the type (8), one for the number of dimensions, each dimension as a big-endian 32-bit number,
 * then the elements, the last dimension fastest.
 */
public record IdxFile(int[] shape, byte[] elements) {
  private static final int UNSIGNED_BYTE = 0x08;

  /**
   * Reads a file, compressed with gzip or plain.
   *
   * @param rank number of dimensions that is expected
   * @throws KilnException if the file cannot be read, is truncated or too long, or is no IDX file
   *     of bytes with that rank
   */
  public static IdxFile read(Path file, int rank) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString(), rank);
    } catch (IOException e) {
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a stream to its end.
   *
   * @param name what faults call it
   */
  public static IdxFile read(InputStream stream, String name, int rank) {
    try (InputStream in = MaybeGzip.open(stream)) {
      int[] shape = shape(in, name, rank);
      return new IdxFile(shape, elements(in, name, shape));
    } catch (EOFException e) {
      throw new KilnException(name + ": the file ends too early; it may be truncated", e);
    } catch (ZipException e) {
      throw new KilnException(name + ": damaged gzip data: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new KilnException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static int[] shape(InputStream in, String name, int rank) throws IOException {
    int magic = number(in, name);
    int expected = UNSIGNED_BYTE << 8 | rank;
    if (magic != expected) {
      throw new KilnException(
          "%s: an IDX file of bytes with %d dimensions starts with 0x%08x, this one with 0x%08x"
              .formatted(name, rank, expected, magic));
    }
    int[] shape = new int[rank];
    long size = 1;
    for (int i = 0; i < rank; i++) {
      shape[i] = number(in, name);
      if (shape[i] < 0 || (size *= shape[i]) > Integer.MAX_VALUE - 8) {
        throw new KilnException(name + ": the header's dimensions are too large");
      }
    }
    return shape;
  }

  private static int number(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(4);
    if (bytes.length < 4) {
      throw new KilnException(name + ": truncated in its header");
    }
    return ByteBuffer.wrap(bytes).getInt();
  }

  private static byte[] elements(InputStream in, String name, int[] shape) throws IOException {
    int size = 1;
    for (int d : shape) {
      size *= d;
    }
    byte[] elements = in.readNBytes(size);
    if (elements.length < size) {
      throw new KilnException(
          "%s: truncated: holds %,d of %,d elements".formatted(name, elements.length, size));
    }
    if (in.read() >= 0) {
      throw new KilnException("%s: goes on after its %,d elements".formatted(name, size));
    }
    return elements;
  }
}
