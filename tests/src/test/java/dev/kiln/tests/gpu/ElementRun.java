package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs an {@link ElementKernel} in the simulator. */
final class ElementRun implements AutoCloseable {
  private static final long MEMORY = 1L << 26;

  private final SimDevice device;
  private final SimModule module;

  ElementRun(ElementKernel kernel, Target target) {
    device = new SimDevice(SimOptions.standard().withTarget(target).withMemory(MEMORY));
    module = device.load(PtxModule.parse("elements.ptx", kernel.ptx(GpuTarget.of(target))));
  }

  /**
   * The results: for each operation the bits of each element.
   *
   * @param inputs for each operand the bits of each element
   */
  List<long[]> apply(long[]... inputs) {
    int size = inputs[0].length;
    int blocks = (size + ElementKernel.THREADS - 1) / ElementKernel.THREADS;
    int padded = blocks * ElementKernel.THREADS;
    List<NdArray> arrays = new ArrayList<>();
    int count = module.kernel("elements").parameters().size();
    for (int i = 0; i < count; i++) {
      long[] content = i < inputs.length ? Arrays.copyOf(inputs[i], padded) : new long[padded];
      arrays.add(NdArray.of(device, content, padded));
    }
    try {
      module
          .kernel("elements")
          .launch(SimLaunch.of(blocks, ElementKernel.THREADS), arrays.toArray());
      List<long[]> results = new ArrayList<>();
      for (NdArray array : arrays.subList(inputs.length, count)) {
        long[] result = new long[size];
        array.buffer().copyTo(MemorySegment.ofArray(result), 0);
        results.add(result);
      }
      return results;
    } finally {
      arrays.forEach(NdArray::close);
    }
  }

  @Override
  public void close() {
    module.close();
    device.close();
  }
}
