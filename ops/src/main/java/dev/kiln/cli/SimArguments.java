package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The values of {@code --arg} and {@code --buffer} of {@code kiln sim}: arrays on the device, and
 * what the kernel's parameters get, in their order.
 */
final class SimArguments {
  private final SimDevice device;
  private final PtxKernel kernel;
  private final Map<String, NdArray> arrays = new LinkedHashMap<>();
  private final List<Object> values = new ArrayList<>();

  private SimArguments(SimDevice device, PtxKernel kernel) {
    this.device = device;
    this.kernel = kernel;
  }

  /**
   * Makes arrays and values.
   *
   * @param buffers {@code NAME=VALUE}: arrays that no parameter points to
   * @throws KilnException if a value is none, or does not fit its parameter
   */
  static SimArguments of(
      SimDevice device, PtxKernel kernel, List<String> buffers, List<String> texts) {
    SimArguments arguments = new SimArguments(device, kernel);
    arguments.checkNumber(texts.size());
    for (String buffer : buffers) {
      arguments.addBuffer(buffer);
    }
    for (int i = 0; i < texts.size(); i++) {
      arguments.addArray(i, texts.get(i));
    }
    for (int i = 0; i < texts.size(); i++) {
      arguments.addValue(i, texts.get(i));
    }
    return arguments;
  }

  /** One for each parameter. */
  Object[] values() {
    return values.toArray();
  }

  /** The arrays by the numbers of their arguments, or the names of their buffers. */
  Map<String, NdArray> arrays() {
    return arrays;
  }

  /** "0 (add_param_0)", or the name of a buffer. */
  String title(String key) {
    return isNumber(key)
        ? key + " (" + kernel.parameters().get(Integer.parseInt(key)).name() + ")"
        : key;
  }

  /**
   * @param option for the message
   * @throws KilnException if there is no such array
   */
  NdArray array(String option, String key) {
    NdArray array = arrays.get(key);
    if (array == null) {
      throw new KilnException(
          "%s %s: %s"
              .formatted(option, key, arrays.isEmpty() ? "no argument is an array" : known()));
    }
    return array;
  }

  private String known() {
    return "no such array; there are " + String.join(", ", arrays.keySet());
  }

  private void checkNumber(int count) {
    List<Parameter> parameters = kernel.parameters();
    if (count == parameters.size()) {
      return;
    }
    String list =
        IntStream.range(0, parameters.size())
            .mapToObj(i -> "\n  " + i + "  " + describe(parameters.get(i)))
            .collect(Collectors.joining());
    throw new LaunchException(
        kernel.name(), "takes %d arguments, not %d%s".formatted(parameters.size(), count, list));
  }

  /** "add_param_0, .u64", or "p, 128 bytes". */
  static String describe(Parameter parameter) {
    return parameter.name() + ", " + type(parameter);
  }

  private static String type(Parameter parameter) {
    return parameter.size() == parameter.type().bytes()
        ? parameter.type().toString()
        : "%,d bytes".formatted(parameter.size());
  }

  private void addBuffer(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? "" : text.substring(0, equals);
    if (name.isEmpty() || isNumber(name) || arrays.containsKey(name)) {
      throw new UsageException(
          "--buffer %s: give each buffer a name of its own, NAME=VALUE".formatted(text));
    }
    NdArray array = arrayOf(text.substring(equals + 1));
    if (array == null) {
      throw new KilnException("--buffer " + text + ": that is no array");
    }
    arrays.put(name, array);
  }

  private void addArray(int index, String text) {
    try {
      NdArray array = isFollowing(text) ? null : arrayOf(text);
      if (array != null) {
        arrays.put("" + index, array);
      }
    } catch (KilnException e) {
      throw named(index, e);
    }
  }

  /** Whether a value speaks of another argument, or is no array for some other reason. */
  private static boolean isFollowing(String text) {
    return TensorMapValue.isOne(text) || text.startsWith("same:") || isBytes(text);
  }

  /** An array on the device; {@code null} if the text is the value of something else. */
  private NdArray arrayOf(String text) {
    if (text.startsWith("empty:")) {
      // The content of zeros is not copied: to read it before it is written would be a finding.
      ArgumentValue.Array like =
          (ArgumentValue.Array) ArgumentValue.parse("zeros:" + text.substring("empty:".length()));
      return NdArray.empty(device, like.dtype(), like.shape());
    }
    return ArgumentValue.parse(text) instanceof ArgumentValue.Array array ? array.on(device) : null;
  }

  private void addValue(int index, String text) {
    try {
      values.add(value(index, text));
    } catch (LaunchException e) {
      throw e;
    } catch (KilnException e) {
      throw named(index, e);
    }
  }

  private static KilnException named(int index, KilnException e) {
    return new KilnException("--arg %d: %s".formatted(index, e.getMessage()), e);
  }

  private Object value(int index, String text) {
    Parameter parameter = kernel.parameters().get(index);
    NdArray own = arrays.get("" + index);
    if (own != null) {
      return own;
    }
    if (TensorMapValue.isOne(text)) {
      return map(TensorMapValue.parse(text).over(key -> array("tensormap", key)), parameter);
    }
    if (text.startsWith("same:")) {
      return array("same", text.substring("same:".length()));
    }
    if (isBytes(text)) {
      return bytes(Path.of(text.substring(1)));
    }
    return switch (ArgumentValue.parse(text)) {
      case ArgumentValue.Array array -> throw new IllegalStateException("an array");
      case ArgumentValue.Literal(Boolean flag) -> flag;
      case ArgumentValue.Literal literal when literal.value() == null -> 0L;
      case ArgumentValue.Literal literal -> throw refused(index, parameter, text);
      case ArgumentValue.Scalar(DType dtype, Number number) when dtype == null ->
          number(index, parameter, text, number);
      case ArgumentValue.Scalar(DType dtype, Number number) ->
          typed(index, parameter, text, dtype, number);
    };
  }

  /** A map by value, or in memory of its own where the kernel takes a pointer to it. */
  private Object map(TensorMap map, Parameter parameter) {
    if (parameter.size() != Long.BYTES) {
      return map;
    }
    NdArray memory = NdArray.empty(device, DType.U8, TensorMap.BYTES);
    memory.buffer().copyFrom(MemorySegment.ofArray(map.encode()), 0);
    return memory;
  }

  /** A number without a type has the parameter's. */
  private Object number(int index, Parameter parameter, String text, Number number) {
    PtxType type = parameter.type();
    if (type.isFloat() && parameter.size() == type.bytes()) {
      return switch (type) {
        case F32 -> number.floatValue();
        case F64 -> number.doubleValue();
        case F16 -> NdArray.encode(DType.FP16, new double[] {number.doubleValue()});
        case BF16 -> NdArray.encode(DType.BF16, new double[] {number.doubleValue()});
        default -> throw refused(index, parameter, text);
      };
    }
    if (number instanceof Double) {
      throw refused(index, parameter, text + "; say what it is, e.g. fp32:" + text);
    }
    return number;
  }

  private Object typed(int index, Parameter parameter, String text, DType dtype, Number number) {
    PtxType type = parameter.type();
    boolean integer = type.isSigned() || type.isUnsigned();
    boolean fits = dtype.isFloat() ? !integer : !type.isFloat();
    boolean other =
        dtype == DType.FP16 && type == PtxType.BF16 || dtype == DType.BF16 && type == PtxType.F16;
    if (!fits || other || parameter.size() != dtype.bytes()) {
      throw refused(index, parameter, text);
    }
    if (dtype.isFloat()) {
      return NdArray.encode(dtype, new double[] {number.doubleValue()});
    }
    if (number instanceof Double) {
      throw refused(index, parameter, text);
    }
    return number;
  }

  private LaunchException refused(int index, Parameter parameter, String value) {
    return new LaunchException(
        kernel.name(),
        "argument %d ('%s', %s) cannot be %s"
            .formatted(index, parameter.name(), type(parameter), value));
  }

  /** A file that stands for a parameter passed by value. */
  private static boolean isBytes(String text) {
    return text.startsWith("@") && !text.matches("@.*\\.npy(:\\w+)?");
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new KilnException("no such file: " + file);
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static boolean isNumber(String key) {
    return key.matches("\\d+");
  }
}
