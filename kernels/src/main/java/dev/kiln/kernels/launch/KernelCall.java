package dev.kiln.kernels.launch;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.MetaParameters;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.List;
import java.util.function.Function;

/**
 * A launch whose arguments are given in the order of the kernel's parameters: {@code start()}, one
 * call for each parameter, {@code over(grid)}. Allocates nothing once the kernel is compiled.
 */
public final class KernelCall {
  private final Launch launch;
  private final Object[] constants;
  private int next;
  private int warps;
  private int stages;

  /**
   * @param file a shipped kernel file, for example {@code "matmul.py"}
   * @param kernel one of its kernels
   */
  public KernelCall(String file, String kernel, Device device) {
    launch = KernelFiles.module(file).kernel(kernel).on(device);
    constants = new Object[launch.kernel().parameters().size()];
  }

  public Device device() {
    return launch.device();
  }

  public KernelCall start() {
    next = 0;
    return this;
  }

  /** An array, or nothing. */
  public KernelCall array(NdArray array) {
    if (array == null) {
      launch.constant(next++, null);
    } else {
      launch.set(next++, array);
    }
    return this;
  }

  public KernelCall integer(long value) {
    launch.set(next++, value);
    return this;
  }

  public KernelCall number(double value) {
    launch.set(next++, value);
    return this;
  }

  /** A number in the dtype that the kernel computes in, {@code fp32} or {@code fp64}. */
  public KernelCall number(DType compute, double value) {
    if (compute == DType.FP64) {
      launch.set(next++, compute, value);
      return this;
    }
    return number(value);
  }

  /** A compile-time integer. */
  public KernelCall constant(int value) {
    if (!(constants[next] instanceof Integer last) || last != value) {
      constants[next] = value;
      launch.set(next, (long) value);
    }
    next++;
    return this;
  }

  public KernelCall constant(boolean value) {
    launch.set(next++, value);
    return this;
  }

  public KernelCall constant(String value) {
    return named(value);
  }

  /** A compile-time dtype, such as the one that the kernel computes in. */
  public KernelCall constant(DType value) {
    return named(value);
  }

  /** Set again only when it changes. */
  private KernelCall named(Object value) {
    if (!value.equals(constants[next])) {
      constants[next] = value;
      launch.constant(next, value);
    }
    next++;
    return this;
  }

  /**
   * Warps and pipeline stages for GPUs; the CPU takes no notice. They stay set until they are set
   * again.
   */
  public KernelCall tuned(int newWarps, int newStages) {
    if (newWarps != warps || newStages != stages) {
      warps = newWarps;
      stages = newStages;
      launch.numWarps(warps).numStages(stages);
    }
    return this;
  }

  /**
   * Chooses constants that are left out, warps and stages among configurations.
   *
   * @param key names of the parameters whose values the choice depends on
   */
  public KernelCall tuning(TuningPolicy policy, String... key) {
    launch.tuning(policy).key(key);
    return this;
  }

  /** The configurations for what follows. */
  public KernelCall configurations(List<TritonConfig> configs) {
    launch.configurations(configs);
    return this;
  }

  /** Runs a grid that depends on the configuration. */
  public void over(Function<MetaParameters, Grid> grid) {
    launch.grid(grid).launch();
  }

  /** Runs that many programs; none if it is 0. */
  public void over(int programs) {
    launch.launch(programs, 1, 1);
  }

  /** Runs a grid of programs; none if a size is 0. */
  public void over(int x, int y, int z) {
    launch.launch(x, y, z);
  }
}
