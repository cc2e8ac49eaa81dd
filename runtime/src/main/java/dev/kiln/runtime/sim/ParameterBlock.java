package dev.kiln.runtime.sim;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Puts Java values where a kernel expects its parameters. */
final class ParameterBlock {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Device device;
  private final Program program;
  private final MemorySegment bytes;

  private ParameterBlock(Device device, Program program) {
    this.device = device;
    this.program = program;
    this.bytes = MemorySegment.ofArray(new byte[program.parameterBytes()]);
  }

  /**
   * The bytes of the parameters.
   *
   * @throws LaunchException if a value does not fit its parameter
   */
  static MemorySegment of(Device device, Program program, Object[] values) {
    List<Parameter> parameters = program.parameters();
    if (values.length != parameters.size()) {
      throw new LaunchException(
          program.name(), "takes %d arguments, not %d".formatted(parameters.size(), values.length));
    }
    ParameterBlock block = new ParameterBlock(device, program);
    for (int i = 0; i < values.length; i++) {
      block.put(i, parameters.get(i), values[i]);
    }
    return block.bytes;
  }

  private void put(int index, Parameter parameter, Object value) {
    switch (value) {
      case null -> throw refused(index, parameter, "nothing");
      case Buffer buffer -> address(index, parameter, buffer, buffer.address());
      case NdArray array -> address(index, parameter, array.buffer(), array.address());
      case TensorMap map -> copy(index, parameter, MemorySegment.ofArray(map.encode()));
      case byte[] array -> copy(index, parameter, MemorySegment.ofArray(array));
      case MemorySegment segment -> copy(index, parameter, segment);
      case Boolean flag -> integer(index, parameter, flag ? 1 : 0);
      case Character letter -> integer(index, parameter, letter);
      case Float number -> floating(index, parameter, number, PtxType.F32);
      case Double number -> floating(index, parameter, number, PtxType.F64);
      case Byte number -> integer(index, parameter, number);
      case Short number -> integer(index, parameter, number);
      case Integer number -> integer(index, parameter, number);
      case Long number -> integer(index, parameter, number);
      default -> throw refused(index, parameter, "a " + value.getClass().getSimpleName());
    }
  }

  private void address(int index, Parameter parameter, Buffer buffer, long address) {
    if (buffer.device() != device) {
      throw refused(index, parameter, "a buffer of another device, " + buffer.device().name());
    }
    if (parameter.size() != Long.BYTES || parameter.type().bits() != Long.SIZE) {
      throw refused(index, parameter, "an address");
    }
    bytes.set(LONG, parameter.offset(), address);
  }

  private void integer(int index, Parameter parameter, long value) {
    int width = parameter.size();
    boolean fits =
        width == parameter.type().bytes()
            && width <= Long.BYTES
            && !parameter.type().isFloat()
            && (width == Long.BYTES || value >= -1L << width * 8 - 1 && value < 1L << width * 8);
    if (!fits) {
      throw refused(index, parameter, "the integer " + value);
    }
    low(parameter, value);
  }

  /** A number of its own type only: whoever passes a double to a float means something else. */
  private void floating(int index, Parameter parameter, Number value, PtxType type) {
    boolean same = parameter.type() == type || parameter.type().isUntyped();
    if (!same || parameter.size() != type.bytes() || parameter.type().bytes() != type.bytes()) {
      throw refused(index, parameter, (type == PtxType.F32 ? "the float " : "the double ") + value);
    }
    low(
        parameter,
        type == PtxType.F32
            ? Float.floatToRawIntBits(value.floatValue())
            : Double.doubleToRawLongBits(value.doubleValue()));
  }

  private void low(Parameter parameter, long bits) {
    for (int i = 0; i < parameter.size(); i++) {
      bytes.set(ValueLayout.JAVA_BYTE, parameter.offset() + i, (byte) (bits >>> 8 * i));
    }
  }

  private void copy(int index, Parameter parameter, MemorySegment value) {
    if (value.byteSize() != parameter.size()) {
      throw refused(index, parameter, "%,d bytes".formatted(value.byteSize()));
    }
    MemorySegment.copy(value, 0, bytes, parameter.offset(), value.byteSize());
  }

  private LaunchException refused(int index, Parameter parameter, String value) {
    String type =
        parameter.size() == parameter.type().bytes()
            ? parameter.type().toString()
            : "%,d bytes".formatted(parameter.size());
    return new LaunchException(
        program.name(),
        "argument %d ('%s', %s) cannot be %s".formatted(index, parameter.name(), type, value));
  }
}
