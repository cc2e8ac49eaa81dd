package dev.kiln.tests.rules;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.memory.HostMemory;
import dev.kiln.runtime.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A device that runs nothing and keeps what it is given to run. */
public final class KernelRecorder implements Device {
  private final HostMemory memory = new HostMemory(this, Slab.ofSize(64L << 20));
  private final List<KernelVersion> versions = new ArrayList<>();

  private final Target target;

  private KernelRecorder(Target target) {
    this.target = target;
  }

  /** The kernels that a case launches on a CPU. */
  public static List<CompiledKernel> kernelsOf(KernelCase kernelCase) {
    return kernelsOf(kernelCase, Target.CPU);
  }

  /** The kernels that a case launches on a target. */
  public static List<CompiledKernel> kernelsOf(KernelCase kernelCase, Target target) {
    return versionsOf(kernelCase, target).stream().map(KernelVersion::compiled).toList();
  }

  /** The same, not yet compiled. */
  public static List<KernelVersion> versionsOf(KernelCase kernelCase, Target target) {
    try (var recorder = new KernelRecorder(target);
        Trial trial = kernelCase.on(recorder)) {
      trial.launch();
      return recorder.versions;
    }
  }

  @Override
  public String name() {
    return "recorder";
  }

  @Override
  public Target target() {
    return target;
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
    throw new UnsupportedOperationException("cases launch kernels of files");
  }

  @Override
  public LoadedKernel load(KernelVersion version) {
    versions.add(version);
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
