package dev.kiln.runtime.cpu;

import dev.kiln.compiler.jvm.ProgramBody;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.memory.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Runs launches, one at a time: copies the arguments into the slab, gives each thread scratch
 * memory, and hands out the programs. A launch allocates nothing once the scratch memory is large
 * enough.
 */
final class CpuLaunches implements ProgramScheduler.Work, AutoCloseable {
  private static final int MAX_ARGUMENTS = 1024;

  private final HostMemory memory;
  private final ProgramScheduler scheduler;
  private final MemorySegment slab;
  private final long slabBase;
  private final long argumentBlock;
  private final MemorySegment argumentSegment;
  private final long[] scratch;
  private long scratchSize = -1;
  private MemorySegment everything;
  private volatile LaunchListener listener;

  private ProgramBody body;
  private MemorySegment addressed;
  private long addressedBase;
  private int gridX;
  private int gridY;
  private int gridZ;

  CpuLaunches(HostMemory memory, int threads) {
    this.memory = memory;
    this.scheduler = new ProgramScheduler(threads);
    this.slab = memory.slab().segment();
    this.slabBase = memory.slab().base();
    this.argumentBlock = memory.slab().allocate(8L * MAX_ARGUMENTS);
    this.argumentSegment = memory.slab().slice(argumentBlock, 8L * MAX_ARGUMENTS);
    this.scratch = new long[threads];
  }

  HostMemory memory() {
    return memory;
  }

  void listen(LaunchListener newListener) {
    listener = newListener;
  }

  LaunchListener listener() {
    return listener;
  }

  /** Runs a kernel. Called by one thread at a time. */
  synchronized void run(
      CpuKernel kernel, KernelCode code, int x, int y, int z, MemorySegment arguments) {
    LaunchListener hears = listener;
    long start = System.nanoTime();
    body = code.body();
    gridX = x;
    gridY = y;
    gridZ = z;
    boolean foreign = copyArguments(kernel.pointers(), arguments);
    addressed = foreign ? everything() : slab;
    addressedBase = foreign ? 0 : slabBase;
    reserveScratch(code.scratchBytes());
    for (long address : scratch) {
      ProgramBody.clearScratch(slab, address - slabBase);
    }
    int programs = x * y * z;
    boolean onCaller = kernel.runsInOrder() || kernel.pace().isShort(programs);
    scheduler.run(this, programs, onCaller);
    body = null;
    long nanos = System.nanoTime() - start;
    kernel.pace().took(nanos, onCaller ? 1 : Math.min(scheduler.threads(), programs), programs);
    if (hears != null) {
      hears.heard(new DeviceActivity.KernelRun(kernel.name(), new Grid(x, y, z), 0, start, nanos));
    }
  }

  @Override
  public void run(int thread, int first, int end) {
    body.run(
        addressed, addressedBase, argumentBlock, scratch[thread], first, end, gridX, gridY, gridZ);
  }

  /** Returns whether one of the pointers points outside the slab. */
  private boolean copyArguments(boolean[] pointers, MemorySegment arguments) {
    boolean foreign = false;
    for (int i = 0; i < pointers.length; i++) {
      long bits = arguments.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
      argumentSegment.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, bits);
      foreign |= bits != 0 && pointers[i] && !memory.isInSlab(bits);
    }
    return foreign;
  }

  /** The whole address space, for launches on foreign memory. */
  @SuppressWarnings("restricted") // needs --enable-native-access, as the documentation says
  private MemorySegment everything() {
    if (everything == null) {
      everything = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }
    return everything;
  }

  private void reserveScratch(long bytes) {
    if (bytes <= scratchSize) {
      return;
    }
    for (int i = 0; i < scratch.length; i++) {
      if (scratchSize >= 0) {
        memory.slab().free(scratch[i]);
      }
      scratch[i] = memory.slab().allocate(bytes);
    }
    scratchSize = bytes;
  }

  @Override
  public void close() {
    scheduler.close();
  }
}
