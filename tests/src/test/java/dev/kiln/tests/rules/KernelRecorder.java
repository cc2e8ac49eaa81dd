package dev.kiln.tests.rules;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.memory.HostMemory;
import dev.kiln.runtime.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A device that runs nothing and keeps what it is given to run. */
final class KernelRecorder implements Device {
  private final HostMemory memory = new HostMemory(this, Slab.ofSize(64L << 20));
  private final List<CompiledKernel> kernels = new ArrayList<>();

  /** The kernels that a case launches. */
  static List<CompiledKernel> kernelsOf(KernelCase kernelCase) {
    try (var recorder = new KernelRecorder();
        Trial trial = kernelCase.on(recorder)) {
      trial.launch();
      return recorder.kernels;
    }
  }

  @Override
  public String name() {
    return "recorder";
  }

  @Override
  public Target target() {
    return Target.CPU;
  }

  @Override
  public Buffer allocate(long bytes) {
    return memory.allocate(bytes);
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    return memory.wrap(segment);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    kernels.add(kernel);
    return (x, y, z, arguments) -> {};
  }

  @Override
  public void synchronize() {}

  @Override
  public void listen(LaunchListener listener) {}

  @Override
  public MemoryUse memoryUse() {
    return memory.use();
  }

  @Override
  public void close() {}
}
