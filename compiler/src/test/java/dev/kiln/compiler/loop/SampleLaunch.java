package dev.kiln.compiler.loop;

import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.numeric.FloatFormat;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * How a sample kernel is launched, from a line {@code ; run: grid 2x3, x_ptr 100, ids_ptr 8 below
 * 5, rows_ptr 8 into x_ptr 32, y_ptr 100 as x_ptr, n 17}: a pointer gets a buffer of so many small
 * random integers, or of addresses so many elements apart in an earlier buffer, or an earlier
 * buffer; a scalar its number.
 */
record SampleLaunch(TileFunction function, int[] grid, Map<String, String> arguments) {
  private static final long FIRST_ADDRESS = 0x1_0000;

  static SampleLaunch parse(TileFunction function, String text) {
    String line =
        text.lines().filter(l -> l.startsWith("; run: ")).findFirst().orElseThrow().substring(7);
    Map<String, String> arguments = new HashMap<>();
    int[] grid = {1, 1, 1};
    for (String item : line.split(", ")) {
      String[] words = item.split(" ", 2);
      if (words[0].equals("grid")) {
        String[] extents = words[1].split("x");
        for (int i = 0; i < extents.length; i++) {
          grid[i] = Integer.parseInt(extents[i]);
        }
      } else {
        arguments.put(words[0], words[1]);
      }
    }
    return new SampleLaunch(function, grid, arguments);
  }

  /** The numbers in all buffers after a run, by parameter. */
  Map<String, double[]> run(Consumer<Launch> runner) {
    var memory = new SegmentMemory();
    List<Number> numbers = new ArrayList<>();
    Map<String, Long> addresses = new HashMap<>();
    long next = FIRST_ADDRESS;
    for (TileFunction.Param param : function.params()) {
      String[] words = arguments.get(param.name()).split(" ");
      if (!param.value().type().isPointer()) {
        numbers.add(Double.valueOf(words[0]));
        if (param.dtype().isInteger()) {
          numbers.set(numbers.size() - 1, Long.valueOf(words[0]));
        }
        continue;
      }
      if (words.length == 3 && words[1].equals("as")) {
        addresses.put(param.name(), addresses.get(words[2]));
        numbers.add(addresses.get(words[2]));
        continue;
      }
      int length = Integer.parseInt(words[0]);
      int below = words.length == 3 ? Integer.parseInt(words[2]) : 0;
      byte[] content = new byte[length * param.dtype().bytes()];
      memory.add(
          new Allocation(param.name(), next, content.length, true), MemorySegment.ofArray(content));
      if (words.length == 4) {
        long bytes = 4L * Integer.parseInt(words[3]);
        for (int i = 0; i < length; i++) {
          // Not in order, so that a kernel cannot take the rows for evenly spaced.
          memory.write(next + 8L * i, 8, addresses.get(words[2]) + bytes * (i * 5 % length));
        }
      } else {
        fill(memory, next, param, length, below);
      }
      numbers.add(next);
      addresses.put(param.name(), next);
      next += content.length + 4096 & -64;
    }
    runner.accept(Launch.of(new Grid(grid[0], grid[1], grid[2]), memory, numbers));
    Map<String, double[]> results = new HashMap<>();
    for (TileFunction.Param param : function.params()) {
      Long address = addresses.get(param.name());
      if (address != null) {
        int length = Integer.parseInt(arguments.get(param.name()).split(" ")[0]);
        results.put(param.name(), read(memory, address, param.dtype(), length));
      }
    }
    return results;
  }

  private static void fill(
      SegmentMemory memory, long address, TileFunction.Param param, int length, int below) {
    var random = new Random(param.name().hashCode());
    DType dtype = param.dtype();
    for (int i = 0; i < length; i++) {
      int number = below > 0 ? random.nextInt(below) : random.nextInt(9) - 4;
      long bits = dtype.isFloat() ? FloatFormat.toBits(dtype, number) : number;
      memory.write(address + (long) i * dtype.bytes(), dtype.bytes(), bits);
    }
  }

  private static double[] read(SegmentMemory memory, long address, DType dtype, int length) {
    double[] numbers = new double[length];
    for (int i = 0; i < length; i++) {
      long bits = memory.read(address + (long) i * dtype.bytes(), dtype.bytes());
      numbers[i] = ScalarMachine.fromBits(dtype, bits).doubleValue();
    }
    return numbers;
  }
}
