package dev.kiln.tests.rules;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

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

  /**
   * A kernel whose arguments are given by position: a {@link HostArray}, a {@link HostDescriptor}
   * or a number.
   */
  public static KernelCase of(Kernel kernel, Grid grid, Object... arguments) {
    return of(kernel, UnaryOperator.identity(), grid, arguments);
  }

  /**
   * The same of a launch that is prepared.
   *
   * @param prepare sets options, for instance
   */
  public static KernelCase of(
      Kernel kernel, UnaryOperator<Launch> prepare, Grid grid, Object... arguments) {
    List<HostArray> arrays = new ArrayList<>();
    for (Object argument : arguments) {
      if (argument instanceof HostArray array) {
        arrays.add(array);
      } else if (argument instanceof HostDescriptor descriptor) {
        arrays.add(descriptor.array());
      }
    }
    return new KernelCase(
        kernel.name(),
        arrays,
        (device, bound) -> {
          Launch launch = prepare.apply(kernel.on(device));
          int next = 0;
          for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            launch.arg(
                kernel.parameters().get(i).name(),
                switch (argument) {
                  case HostArray array -> bound.get(next++);
                  case HostDescriptor descriptor ->
                      new TensorDescriptor(bound.get(next++), descriptor.block(), false);
                  default -> argument;
                });
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
