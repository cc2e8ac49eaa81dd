package dev.kiln.runtime.eval;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.memory.HostMemory;
import dev.kiln.runtime.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;

/**
 * The evaluator as a device: slow, plain, and the measure of the others. Launches run within the
 * call, on the caller's thread.
 */
public final class EvalDevice implements Device {
  private final HostMemory memory;
  private final UnaryOperator<Launch> options;
  private final Target target;
  private volatile LaunchListener listener;
  private volatile boolean closed;

  /**
   * @param options what to add to each launch: sanitizers, a trace, limits
   */
  public EvalDevice(Slab slab, UnaryOperator<Launch> options) {
    this(slab, options, Target.CPU);
  }

  /**
   * @param target for which kernels and launchers take it: a GPU's, to see what that would compute
   */
  public EvalDevice(Slab slab, UnaryOperator<Launch> options, Target target) {
    this.memory = new HostMemory(this, slab);
    this.options = options;
    this.target = target;
  }

  public EvalDevice() {
    this(Slab.ofDefaultSize(), UnaryOperator.identity());
  }

  @Override
  public String name() {
    return "eval";
  }

  /** By default the evaluator runs what the CPU would run. */
  @Override
  public Target target() {
    return target;
  }

  @Override
  public Buffer allocate(long bytes) {
    HostMemory.requireOpen(closed, this);
    return memory.allocate(bytes);
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    HostMemory.requireOpen(closed, this);
    return memory.wrap(segment);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    var evaluated = new EvaluatedKernel(kernel, memory, options);
    return (x, y, z, arguments) -> {
      long start = System.nanoTime();
      synchronized (this) {
        HostMemory.requireOpen(closed, this);
        evaluated.launch(x, y, z, arguments);
      }
      LaunchListener hears = listener;
      if (hears != null) {
        long nanos = System.nanoTime() - start;
        hears.heard(
            new DeviceActivity.KernelRun(kernel.name(), new Grid(x, y, z), 0, start, nanos));
      }
    };
  }

  @Override
  public boolean warmsUp() {
    return true;
  }

  @Override
  public void synchronize() {}

  @Override
  public void listen(LaunchListener newListener) {
    listener = newListener;
  }

  @Override
  public LaunchListener listener() {
    return listener;
  }

  @Override
  public MemoryUse memoryUse() {
    return memory.use();
  }

  @Override
  public void close() {
    closed = true;
  }
}
