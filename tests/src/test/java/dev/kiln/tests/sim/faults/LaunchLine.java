package dev.kiln.tests.sim.faults;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A launch as a comment describes it: words and their values, then {@code args} with all that
 * follows. Arguments:
 *
 * <ul>
 *   <li>{@code zeros:fp32:64}, {@code ones:...}, {@code iota:i32:64}: a buffer of 64 elements,
 *       zeros, all of value 1, or 0 to 63 (integers only); {@code empty:...}: never written; {@code
 *       freed:...}: closed before the launch. Types: u8, fp16, i32, u32, fp32, i64, u64, fp64.
 *   <li>any of these with {@code +4} behind: the address 4 bytes on
 *   <li>{@code i32:5}, {@code u32:5}, {@code i64:5}, {@code u64:5}, {@code fp32:1.5}: a number
 *   <li>{@code null}: address 0; {@code bytes:128}: a parameter of 128 bytes, all 0
 *   <li>{@code map:0:fp32:16,16:8,8}: a tensor map over the buffer that is argument 0: its element
 *       type, dimensions, and box, innermost first
 * </ul>
 */
record LaunchLine(Optional<String> entry, SimLaunch launch, List<String> words) {
  private static final Map<String, Integer> SIZES =
      Map.of("u8", 1, "fp16", 2, "i32", 4, "u32", 4, "fp32", 4, "i64", 8, "u64", 8, "fp64", 8);
  private static final Map<String, DataType> TENSOR_TYPES =
      Map.of("fp32", DataType.FLOAT32, "fp16", DataType.FLOAT16, "i32", DataType.INT32);

  static LaunchLine parse(String line) {
    List<String> words = List.of(line.strip().split("\\s+"));
    Optional<String> entry = Optional.empty();
    SimLaunch launch = SimLaunch.of(1, 1);
    int at = 0;
    while (at < words.size() && !words.get(at).equals("args")) {
      String value = words.get(at + 1);
      switch (words.get(at)) {
        case "entry" -> entry = Optional.of(value);
        case "grid" -> launch = copy(launch, grid(value), launch.block());
        case "block" -> launch = copy(launch, launch.grid(), grid(value));
        case "shared" -> launch = launch.withShared(Long.parseLong(value));
        case "cluster" -> launch = launch.withCluster(grid(value));
        default -> throw new IllegalArgumentException("unknown word in a launch: " + line);
      }
      at += 2;
    }
    return new LaunchLine(
        entry, launch, words.subList(Math.min(at + 1, words.size()), words.size()));
  }

  private static SimLaunch copy(SimLaunch launch, Grid grid, Grid block) {
    return new SimLaunch(grid, block, launch.dynamicShared(), launch.cluster());
  }

  private static Grid grid(String text) {
    int[] extents = Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    return Grid.of(
        extents[0], extents.length > 1 ? extents[1] : 1, extents.length > 2 ? extents[2] : 1);
  }

  /** Makes the arguments; buffers last as long as the device. */
  Object[] arguments(SimDevice device) {
    List<Object> values = new ArrayList<>();
    List<Long> addresses = new ArrayList<>();
    for (String word : words) {
      String[] parts = word.split("[:+]");
      Object value =
          switch (parts[0]) {
            case "zeros", "ones", "iota", "empty", "freed" -> buffer(device, parts);
            case "null" -> 0L;
            case "bytes" -> new byte[Integer.parseInt(parts[1])];
            case "i32", "u32" -> Integer.parseInt(parts[1]);
            case "i64", "u64" -> Long.parseLong(parts[1]);
            case "fp32" -> Float.parseFloat(parts[1]);
            case "map" -> map(addresses.get(Integer.parseInt(parts[1])), parts);
            default -> throw new IllegalArgumentException("unknown argument: " + word);
          };
      if (word.contains("+")) {
        value = (long) value + Long.parseLong(parts[parts.length - 1]);
      }
      addresses.add(value instanceof Long address ? address : 0L);
      values.add(value);
    }
    return values.toArray();
  }

  private static long buffer(SimDevice device, String[] parts) {
    int size = SIZES.get(parts[1]);
    long count = Long.parseLong(parts[2]);
    Buffer buffer = device.allocate(size * count);
    switch (parts[0]) {
      case "empty" -> {}
      case "freed" -> buffer.close();
      default -> fill(buffer.segment(), parts[0], parts[1], count);
    }
    return buffer.address();
  }

  private static void fill(MemorySegment bytes, String what, String type, long count) {
    bytes.fill((byte) 0);
    for (long i = 0; i < count && !what.equals("zeros"); i++) {
      long value = what.equals("iota") ? i : 1;
      switch (type) {
        case "u8" -> bytes.set(ValueLayout.JAVA_BYTE, i, (byte) value);
        case "fp16" ->
            bytes.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16(value));
        case "fp32" -> bytes.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value);
        case "fp64" -> bytes.setAtIndex(ValueLayout.JAVA_DOUBLE_UNALIGNED, i, value);
        case "i32", "u32" -> bytes.setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i, (int) value);
        default -> bytes.setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i, value);
      }
    }
  }

  private static TensorMap map(long address, String[] parts) {
    long[] dimensions = Arrays.stream(parts[3].split(",")).mapToLong(Long::parseLong).toArray();
    int[] box = Arrays.stream(parts[4].split(",")).mapToInt(Integer::parseInt).toArray();
    return TensorMap.tiled(TENSOR_TYPES.get(parts[2]), address, dimensions).box(box).build();
  }
}
