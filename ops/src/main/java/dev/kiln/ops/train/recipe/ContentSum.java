package dev.kiln.ops.train.recipe;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** A checksum of data, by which a run that is resumed knows it again. */
final class ContentSum {
  private final CRC32C sum = new CRC32C();

  ContentSum add(byte[] bytes) {
    sum.update(bytes);
    return this;
  }

  ContentSum add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  ContentSum add(int[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(numbers.length, Integer.BYTES));
    bytes.asIntBuffer().put(numbers);
    return add(bytes.array());
  }

  ContentSum add(float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(numbers.length, Float.BYTES));
    bytes.asFloatBuffer().put(numbers);
    return add(bytes.array());
  }

  /** For example {@code data 1a2b3c4d}. */
  @Override
  public String toString() {
    return "data %08x".formatted(sum.getValue());
  }
}
