package dev.kiln.runtime.shape;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.LaunchListener;
import java.lang.foreign.MemorySegment;

/**
 * A device whose arrays have shapes, and no numbers: memory is only counted, and no kernel is
 * compiled or run. Launchers check their arguments as ever. What asks for a number fails.
 *
 * <p>It chooses kernels as the CPU does. Not thread-safe.
 */
public final class ShapeDevice implements Device {
  /** Keeps the addresses of arrays apart, as the memory of other devices does. */
  private static final long ALIGNMENT = 64;

  private long nextAddress = ALIGNMENT;
  private long current;
  private long peak;

  @Override
  public String name() {
    return "shapes";
  }

  @Override
  public Target target() {
    return Target.CPU;
  }

  @Override
  public Buffer allocate(long bytes) {
    var buffer = new ShapeBuffer(this, nextAddress, bytes, true);
    nextAddress += Math.ceilDiv(Math.max(1, bytes), ALIGNMENT) * ALIGNMENT;
    current += bytes;
    peak = Math.max(peak, current);
    return buffer;
  }

  void released(long bytes) {
    current -= bytes;
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    return allocate(segment.byteSize());
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    return (x, y, z, arguments) -> {};
  }

  @Override
  public LoadedKernel load(KernelVersion version) {
    return (x, y, z, arguments) -> {};
  }

  @Override
  public void synchronize() {}

  /** There is nothing to report. */
  @Override
  public void listen(LaunchListener listener) {}

  /** What arrays would hold. */
  @Override
  public MemoryUse memoryUse() {
    return new MemoryUse(current, peak);
  }

  @Override
  public void close() {}
}
