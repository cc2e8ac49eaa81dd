package dev.kiln.tests.rules;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A {@link KernelCase} on a device, with arrays of its own. */
public final class Trial implements AutoCloseable {
  private final List<NdArray> arrays = new ArrayList<>();
  private final List<MemorySegment> initial = new ArrayList<>();
  private final Runnable launch;

  Trial(KernelCase kernelCase, Device device) {
    for (HostArray array : kernelCase.arrays()) {
      NdArray onDevice = array.on(device);
      arrays.add(onDevice);
      initial.add(MemorySegment.ofArray(onDevice.toBytes()));
    }
    launch = kernelCase.binding().on(device, arrays);
  }

  /** Puts the arrays back to what they held at first. Allocates nothing. */
  public void reset() {
    for (int i = 0; i < arrays.size(); i++) {
      arrays.get(i).buffer().copyFrom(initial.get(i), 0);
    }
  }

  public void launch() {
    launch.run();
  }

  /** Resets, launches, and returns the bytes of every array. */
  public List<byte[]> run() {
    reset();
    launch();
    return arrays.stream().map(NdArray::toBytes).toList();
  }

  /** The numbers that an array holds now. */
  public double[] numbers(int array) {
    return arrays.get(array).toDoubles();
  }

  @Override
  public void close() {
    arrays.forEach(NdArray::close);
  }
}
