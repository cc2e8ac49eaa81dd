package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.C_LONG_LONG;
import static dev.kiln.runtime.cuda.driver.CudaHeader.C_POINTER;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Java values as the driver takes the arguments of a launch: an array of pointers to them. */
final class ArgumentPointers {
  /** Enough for what a structure can ask for. */
  private static final long STRUCTURE_ALIGNMENT = 128;

  private ArgumentPointers() {}

  static MemorySegment of(CudaDevice device, String function, Object[] values, Arena arena) {
    MemorySegment pointers = arena.allocate(C_POINTER, Math.max(1, values.length));
    for (int i = 0; i < values.length; i++) {
      pointers.setAtIndex(C_POINTER, i, value(device, function, i, values[i], arena));
    }
    return pointers;
  }

  private static MemorySegment value(
      CudaDevice device, String function, int index, Object value, Arena arena) {
    return switch (value) {
      case NdArray array -> {
        requireOn(device, function, index, array.device());
        yield arena.allocateFrom(C_LONG_LONG, array.address());
      }
      case Buffer buffer -> {
        requireOn(device, function, index, buffer.device());
        yield arena.allocateFrom(C_LONG_LONG, buffer.address());
      }
      case Long number -> arena.allocateFrom(C_LONG_LONG, number);
      case Integer number -> arena.allocateFrom(ValueLayout.JAVA_INT, number);
      case Short number -> arena.allocateFrom(ValueLayout.JAVA_SHORT, number);
      case Byte number -> arena.allocateFrom(ValueLayout.JAVA_BYTE, number);
      case Boolean flag -> arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) (flag ? 1 : 0));
      case Float number -> arena.allocateFrom(ValueLayout.JAVA_FLOAT, number);
      case Double number -> arena.allocateFrom(ValueLayout.JAVA_DOUBLE, number);
      case MemorySegment bytes ->
          arena.allocate(bytes.byteSize(), STRUCTURE_ALIGNMENT).copyFrom(bytes);
      case null -> throw new LaunchException(function, "argument " + index + " is null");
      default ->
          throw new LaunchException(
              function,
              "argument %d cannot be a %s".formatted(index, value.getClass().getSimpleName()));
    };
  }

  private static void requireOn(CudaDevice device, String function, int index, Device place) {
    if (place != device) {
      throw new LaunchException(
          function,
          "argument %d lies on device '%s', the launch is on '%s'"
              .formatted(index, place.name(), device.name()));
    }
  }
}
