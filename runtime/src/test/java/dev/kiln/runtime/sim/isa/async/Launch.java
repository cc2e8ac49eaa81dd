package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.exec.Code;
import dev.kiln.runtime.sim.exec.Executor;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Runs kernels given as PTX text over small buffers. */
final class Launch implements AutoCloseable {
  private final AddressSpace memory = new AddressSpace();
  private ExecutorOptions options =
      ExecutorOptions.standard().withThreads(1).withMaxIdlePolls(20_000);
  private LaunchShape shape = LaunchShape.of(1, 32);
  private Monitor monitor;

  /** A buffer of ints in global memory. */
  record Ints(Region region) {
    long address() {
      return region.start();
    }

    int[] read() {
      return region.bytes().asSlice(0, region.size()).toArray(ValueLayout.JAVA_INT);
    }

    byte[] bytes() {
      return region.bytes().asSlice(0, region.size()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  Ints ints(int count, IntUnaryOperator values) {
    Region region = memory.allocate("buffer", 4L * count);
    for (int i = 0; i < count; i++) {
      region.bytes().setAtIndex(ValueLayout.JAVA_INT, i, values.applyAsInt(i));
    }
    return new Ints(region);
  }

  Ints bytes(byte[] values) {
    Region region = memory.allocate("buffer", values.length);
    MemorySegment.copy(values, 0, region.bytes(), ValueLayout.JAVA_BYTE, 0, values.length);
    return new Ints(region);
  }

  Launch shape(LaunchShape newShape) {
    shape = newShape;
    return this;
  }

  /** Blocks of one warp in one cluster. */
  Launch cluster(int blocks) {
    return shape(new LaunchShape(blocks, 1, 1, 32, 1, 1, blocks, 1, 1, true, 0));
  }

  Launch seed(long seed) {
    options = options.withSeed(seed);
    return this;
  }

  Launch monitor(Monitor newMonitor) {
    monitor = newMonitor;
    return this;
  }

  /**
   * Runs the only entry of a module.
   *
   * @param arguments {@link Ints}, {@link Integer}, {@link Long} or {@link TensorMap}
   */
  Launch run(String ptx, Object... arguments) {
    PtxModule module = PtxModule.parse("kernel.ptx", ptx);
    String entry = module.entries().getFirst();
    Program program = module.program(entry, variable -> 0, 0);
    MemorySegment bytes = Arena.ofAuto().allocate(Math.max(8, program.parameterBytes()), 128);
    List<Program.Parameter> parameters = program.parameters();
    for (int i = 0; i < arguments.length; i++) {
      put(bytes, parameters.get(i).offset(), arguments[i]);
    }
    GridRun grid = new GridRun(memory, memory.parameters(bytes), shape);
    new Executor(new Code(program), grid, options).run(thread -> monitor);
    return this;
  }

  private static void put(MemorySegment bytes, int offset, Object argument) {
    switch (argument) {
      case Ints ints -> bytes.set(ValueLayout.JAVA_LONG, offset, ints.address());
      case Long value -> bytes.set(ValueLayout.JAVA_LONG, offset, value);
      case Integer value -> bytes.set(ValueLayout.JAVA_INT, offset, value);
      case TensorMap map ->
          bytes.asSlice(offset, TensorMap.BYTES).copyFrom(MemorySegment.ofArray(map.encode()));
      default -> throw new IllegalArgumentException(argument.toString());
    }
  }

  /**
   * A module with one entry.
   *
   * @param parameters {@code .param} declarations
   */
  static String module(String parameters, String body) {
    return """
    .version 9.0
    .target sm_90a
    .address_size 64
    .visible .entry kernel(%s)
    {
      .reg .pred %%p<16>;
      .reg .b16 %%h<8>;
      .reg .b32 %%r<64>;
      .reg .b64 %%rd<64>;
      .shared .align 1024 .b8 smem[16384];
      .shared .align 8 .b64 bar[8];
    %s
      ret;
    }
    """
        .formatted(parameters, body.indent(2));
  }

  static int[] range(int count, IntUnaryOperator values) {
    int[] result = new int[count];
    Arrays.setAll(result, values);
    return result;
  }

  @Override
  public void close() {
    memory.close();
  }
}
