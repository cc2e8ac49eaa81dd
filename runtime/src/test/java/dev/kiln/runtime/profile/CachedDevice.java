package dev.kiln.runtime.profile;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchListener;
import java.lang.foreign.MemorySegment;

/** Another device that is said to have a cache. */
record CachedDevice(Device device, long cacheBytes) implements Device {
  @Override
  public String name() {
    return device.name();
  }

  @Override
  public Target target() {
    return device.target();
  }

  @Override
  public Buffer allocate(long bytes) {
    return device.allocate(bytes);
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    return device.wrap(segment);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    return device.load(kernel);
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public void listen(LaunchListener listener) {
    device.listen(listener);
  }

  @Override
  public MemoryUse memoryUse() {
    return device.memoryUse();
  }

  @Override
  public void close() {}
}
