package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Interleave;
import dev.kiln.runtime.sim.TensorMap.OutOfBoundsFill;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@code tensormap:TENSOR[:TYPE:SHAPE]:box=SHAPE[:OPTION=VALUE]...}, a tensor map over another
 * argument's array. Shapes are written as everywhere, the outermost extent first.
 *
 * @param tensor the number of an argument, or the name of a {@code --buffer}
 * @param type empty for that of the array; {@code tf32} stands for fp32 rounded to tf32
 * @param shape empty for that of the array
 */
record TensorMapValue(
    String tensor, Optional<String> type, Optional<String> shape, Map<String, String> options) {
  private static final String PREFIX = "tensormap:";

  private static final String FORM =
      "tensormap:TENSOR[:TYPE:SHAPE]:box=SHAPE[:swizzle=32|64|128][:strides=BYTES][:offset=BYTES]"
          + "[:steps=SHAPE][:interleave=16|32][:fill=nan]";

  static boolean isOne(String text) {
    return text.startsWith(PREFIX);
  }

  /**
   * @throws KilnException if the text does not have this form
   */
  static TensorMapValue parse(String text) {
    String[] parts = text.substring(PREFIX.length()).split(":", -1);
    Map<String, String> options = new LinkedHashMap<>();
    int plain = 0;
    while (plain < parts.length && parts[plain].indexOf('=') < 0) {
      plain++;
    }
    for (String part : Arrays.copyOfRange(parts, plain, parts.length)) {
      int equals = part.indexOf('=');
      if (equals <= 0) {
        throw new KilnException("'%s' is not of the form %s".formatted(text, FORM));
      }
      options.put(part.substring(0, equals), part.substring(equals + 1));
    }
    if (plain != 1 && plain != 3 || !options.containsKey("box")) {
      throw new KilnException("'%s' is not of the form %s".formatted(text, FORM));
    }
    return new TensorMapValue(
        parts[0],
        plain == 3 ? Optional.of(parts[1]) : Optional.empty(),
        plain == 3 ? Optional.of(parts[2]) : Optional.empty(),
        options);
  }

  /**
   * Makes the map.
   *
   * @param arrays finds the array that a number or name stands for
   * @throws KilnException if a rule of tensor maps is broken
   */
  TensorMap over(Function<String, NdArray> arrays) {
    NdArray array = arrays.apply(tensor);
    DataType element =
        type.map(TensorMapValue::dataType).orElseGet(() -> DataType.of(array.dtype()));
    long[] dimensions = shape.map(TensorMapValue::inwards).orElseGet(() -> reversed(array.shape()));
    long offset = options.containsKey("offset") ? number("offset", options.get("offset")) : 0;
    TensorMap.Builder map = TensorMap.tiled(element, array.address() + offset, dimensions);
    options.forEach((name, value) -> set(map, name, value));
    return map.build();
  }

  private static void set(TensorMap.Builder map, String name, String value) {
    switch (name) {
      case "box" -> map.box(ints(inwards(value)));
      case "steps" -> map.elementStrides(ints(inwards(value)));
      case "strides" -> map.strides(inwards(value));
      case "offset" -> {}
      case "swizzle" ->
          map.swizzle(
              switch (value) {
                case "none", "0" -> Swizzle.NONE;
                case "32" -> Swizzle.BYTES_32;
                case "64" -> Swizzle.BYTES_64;
                case "128" -> Swizzle.BYTES_128;
                default -> throw unknown(name, value, "none, 32, 64 or 128");
              });
      case "interleave" ->
          map.interleave(
              switch (value) {
                case "none", "0" -> Interleave.NONE;
                case "16" -> Interleave.BYTES_16;
                case "32" -> Interleave.BYTES_32;
                default -> throw unknown(name, value, "none, 16 or 32");
              });
      case "fill" ->
          map.outOfBounds(
              switch (value) {
                case "zero" -> OutOfBoundsFill.ZERO;
                case "nan" -> OutOfBoundsFill.NAN_REQUEST_ZERO_FMA;
                default -> throw unknown(name, value, "zero or nan");
              });
      default ->
          throw new KilnException("tensor maps have no '%s'; the form is %s".formatted(name, FORM));
    }
  }

  private static KilnException unknown(String name, String value, String known) {
    return new KilnException("%s=%s: %s takes %s".formatted(name, value, name, known));
  }

  /** Numbers between {@code x}, the last of them first. */
  private static long[] inwards(String text) {
    String[] parts = text.split("x", -1);
    long[] numbers = new long[parts.length];
    for (int i = 0; i < parts.length; i++) {
      numbers[parts.length - 1 - i] = number("tensormap", parts[i]);
    }
    return numbers;
  }

  private static long number(String what, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new KilnException("%s: '%s' is no whole number".formatted(what, text));
    }
  }

  private static int[] ints(long[] numbers) {
    return Arrays.stream(numbers).mapToInt(n -> Math.clamp(n, 0, Integer.MAX_VALUE)).toArray();
  }

  private static long[] reversed(long[] shape) {
    long[] dimensions = new long[shape.length];
    Arrays.setAll(dimensions, i -> shape[shape.length - 1 - i]);
    return dimensions;
  }

  private static DataType dataType(String name) {
    if (name.equals("tf32")) {
      return DataType.TFLOAT32;
    }
    return DataType.of(
        DType.parse(name).orElseThrow(() -> new KilnException("'" + name + "' is no data type")));
  }
}
