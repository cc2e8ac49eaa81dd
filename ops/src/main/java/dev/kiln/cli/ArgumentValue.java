package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import dev.kiln.runtime.npy.NpyFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/** A value of {@code --arg NAME=VALUE}. */
sealed interface ArgumentValue {
  /** The widest dtype's bytes of so many elements still fit into one array of Java. */
  int MOST_ELEMENTS = Integer.MAX_VALUE / Double.BYTES;

  /** A constant of Python: {@code True}, {@code None}, a text. {@code null} stands for None. */
  record Literal(Object value) implements ArgumentValue {}

  /** A number; the type is {@code null} where the value chooses it. */
  record Scalar(DType dtype, Number value) implements ArgumentValue {}

  /** An array with its bytes in row-major order, little endian. */
  record Array(DType dtype, long[] shape, byte[] data) implements ArgumentValue {
    NdArray on(Device device) {
      NdArray array = NdArray.empty(device, dtype, shape);
      array.buffer().copyFrom(java.lang.foreign.MemorySegment.ofArray(data), 0);
      return array;
    }
  }

  /**
   * Reads a value in the notation of the command line.
   *
   * @throws KilnException if it is none
   */
  static ArgumentValue parse(String text) {
    if (text.startsWith("@")) {
      return file(text.substring(1));
    }
    switch (text) {
      case "True" -> {
        return new Literal(true);
      }
      case "False" -> {
        return new Literal(false);
      }
      case "None" -> {
        return new Literal(null);
      }
      default -> {}
    }
    if (text.length() >= 2
        && (text.startsWith("\"") && text.endsWith("\"")
            || text.startsWith("'") && text.endsWith("'"))) {
      return new Literal(text.substring(1, text.length() - 1));
    }
    if (DType.parseQualified(text).isPresent()) {
      return new Literal(DType.parseQualified(text).get());
    }
    if (text.matches("[+-]?[0-9.].*") || text.matches("[+-]?(inf|nan)")) {
      return new Scalar(null, number(text));
    }
    String[] parts = text.split(":");
    if (parts.length == 2 && DType.parse(parts[0]).isPresent()) {
      return new Scalar(dtype(parts[0]), number(parts[1]));
    }
    return made(text, parts);
  }

  private static ArgumentValue made(String text, String[] parts) {
    int wanted =
        switch (parts[0]) {
          case "zeros", "arange" -> 3;
          case "full", "rand" -> 4;
          default -> -1;
        };
    if (parts.length != wanted) {
      throw new KilnException(
          "'%s' is no value: a number, True, False, None, \"text\", tl.TYPE, TYPE:NUMBER, @FILE.npy[:TYPE], zeros:TYPE:SHAPE, full:TYPE:SHAPE:NUMBER, rand:TYPE:SHAPE:SEED or arange:TYPE:COUNT"
              .formatted(text));
    }
    DType dtype = dtype(parts[1]);
    long[] shape = shape(parts[2]);
    double[] values = new double[elements(text, shape)];
    switch (parts[0]) {
      case "arange" -> Arrays.setAll(values, i -> i);
      case "full" -> Arrays.fill(values, number(parts[3]).doubleValue());
      case "rand" -> {
        var random = new SplittableRandom(number(parts[3]).longValue());
        Arrays.setAll(
            values,
            i ->
                dtype.isFloat() ? random.nextGaussian() : random.nextInt(dtype.isBool() ? 2 : 100));
      }
      default -> {}
    }
    return new Array(dtype, shape, encode(dtype, values));
  }

  private static ArgumentValue file(String text) {
    int colon = text.lastIndexOf(':');
    boolean converted = colon > 0 && DType.parse(text.substring(colon + 1)).isPresent();
    NpyArray array = NpyFile.read(Path.of(converted ? text.substring(0, colon) : text));
    if (!converted) {
      return new Array(array.dtype(), array.shape(), array.data());
    }
    DType dtype = dtype(text.substring(colon + 1));
    return new Array(dtype, array.shape(), encode(dtype, ArrayNumbers.decode(array)));
  }

  private static byte[] encode(DType dtype, double[] values) {
    return ArrayNumbers.encode(dtype, values);
  }

  private static DType dtype(String name) {
    return DType.parse(name).orElseThrow(() -> new KilnException("'" + name + "' is no data type"));
  }

  private static long[] shape(String text) {
    try {
      return text.isEmpty()
          ? new long[0]
          : Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray();
    } catch (NumberFormatException e) {
      throw new KilnException("'" + text + "' is no shape; write 128 or 128x64");
    }
  }

  private static int elements(String text, long[] shape) {
    long elements = 1;
    for (long extent : shape) {
      if (extent < 0) {
        throw new KilnException("'" + text + "': an extent must not be negative");
      }
      if (extent > 0 && elements > MOST_ELEMENTS / extent) {
        throw new KilnException(
            "'%s': an array made here has at most %,d elements".formatted(text, MOST_ELEMENTS));
      }
      elements *= extent;
    }
    return (int) elements;
  }

  private static Number number(String text) {
    try {
      if (text.matches("[+-]?\\d+")) {
        return Long.parseLong(text);
      }
      if (text.matches("[+-]?0[xX][0-9a-fA-F]+")) {
        return Long.decode(text);
      }
      return switch (text) {
        case "inf", "+inf" -> Double.POSITIVE_INFINITY;
        case "-inf" -> Double.NEGATIVE_INFINITY;
        case "nan", "+nan", "-nan" -> Double.NaN;
        default -> Double.parseDouble(text);
      };
    } catch (NumberFormatException e) {
      throw new KilnException(
          "'%s' %s"
              .formatted(
                  text,
                  text.matches("[+-]?(\\d+|0[xX][0-9a-fA-F]+)")
                      ? "does not fit 64 bits"
                      : "is no number"));
    }
  }
}
