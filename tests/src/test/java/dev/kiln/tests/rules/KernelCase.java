package dev.kiln.tests.rules;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * A launch with all that it reads and writes, to be made on any device.
 *
 * @param arrays what lies in memory before the launch
 * @param binding makes the launch
 */
public record KernelCase(String name, List<HostArray> arrays, Binding binding) {
  /** Binds a kernel to arrays of a device. */
  public interface Binding {
    /** What launches; it may run many times. */
    Runnable on(Device device, List<NdArray> arrays);
  }

  /** A kernel whose arguments are given by position: a {@link HostArray} or a number. */
  public static KernelCase of(Kernel kernel, Grid grid, Object... arguments) {
    List<HostArray> arrays = new ArrayList<>();
    for (Object argument : arguments) {
      if (argument instanceof HostArray array) {
        arrays.add(array);
      }
    }
    return new KernelCase(
        kernel.name(),
        arrays,
        (device, bound) -> {
          Launch launch = kernel.on(device);
          int next = 0;
          for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            launch.arg(
                kernel.parameters().get(i).name(),
                argument instanceof HostArray ? bound.get(next++) : argument);
          }
          return () -> launch.launch(grid.x(), grid.y(), grid.z());
        });
  }

  /** The same launch with fp64 in the place of fp32. */
  public KernelCase inDoublePrecision() {
    return new KernelCase(
        name,
        arrays.stream().map(a -> a.dtype() == DType.FP32 ? a.with(DType.FP64) : a).toList(),
        binding);
  }

  /** The launch on a device, with arrays of its own. */
  public Trial on(Device device) {
    return new Trial(this, device);
  }

  @Override
  public String toString() {
    return name;
  }
}
