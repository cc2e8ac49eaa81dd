package dev.kiln.kernels;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;

/**
 * A launch whose arguments are given in the order of the kernel's parameters: {@code start()}, one
 * call for each parameter, {@code over(grid)}. Allocates nothing once the kernel is compiled.
 */
final class KernelCall {
  private final Launch launch;
  private final Object[] constants;
  private int next;

  KernelCall(KernelModule module, String kernel, Device device) {
    launch = module.kernel(kernel).on(device);
    constants = new Object[launch.kernel().parameters().size()];
  }

  Device device() {
    return launch.device();
  }

  KernelCall start() {
    next = 0;
    return this;
  }

  /** An array, or nothing. */
  KernelCall array(NdArray array) {
    if (array == null) {
      launch.arg(name(next++), null);
    } else {
      launch.set(next++, array);
    }
    return this;
  }

  KernelCall integer(long value) {
    launch.set(next++, value);
    return this;
  }

  KernelCall number(double value) {
    launch.set(next++, value);
    return this;
  }

  /** A compile-time integer. */
  KernelCall constant(int value) {
    if (!(constants[next] instanceof Integer last) || last != value) {
      constants[next] = value;
      launch.set(next, (long) value);
    }
    next++;
    return this;
  }

  KernelCall constant(boolean value) {
    launch.set(next++, value);
    return this;
  }

  KernelCall constant(String value) {
    if (!value.equals(constants[next])) {
      constants[next] = value;
      launch.arg(name(next), value);
    }
    next++;
    return this;
  }

  /** Runs that many programs; none if it is 0. */
  void over(int programs) {
    launch.launch(programs, 1, 1);
  }

  private String name(int index) {
    return launch.kernel().parameters().get(index).name();
  }
}
