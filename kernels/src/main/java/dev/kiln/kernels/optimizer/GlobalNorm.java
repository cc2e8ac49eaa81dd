package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;

/**
 * The norm of all gradients of a list together, and the factor that clips them to a largest norm:
 * {@code max / norm} where the norm is above it, else 1. All of it stays on the device, where an
 * optimizer's step reads it ({@link GradientScaling#withNorm}). A norm that is not finite sets
 * {@link #foundInf}: a gradient is not, or the sum of their squares overflows.
 *
 * <p>Two launches: sums over blocks, and their sum, in the same order in every run. Not
 * thread-safe.
 */
public final class GlobalNorm implements AutoCloseable {
  private static final String NAME = "GlobalNorm";

  /** Sums that are added at a time; more lanes than any vector has. */
  private static final int MOST_SUMS = 1024;

  private final GradientLaunches launches;
  private final KernelCall total;
  private final int count;
  private final NdArray sums;
  private final NdArray[] parts;
  private final NdArray result;
  private final NdArray norm;
  private final NdArray factor;
  private final NdArray foundInf;

  public GlobalNorm(Device device, List<Parameter> parameters) {
    launches = new GradientLaunches(NAME, "block_squares_kernel", device, parameters);
    total = new KernelCall("gradient_norm.py", "norm_kernel", device);
    DType compute = launches.compute();
    int programs = 0;
    for (int i = 0; i < launches.count(); i++) {
      programs += launches.programs(i);
    }
    count = programs;
    sums = NdArray.empty(device, compute, Math.max(1, count));
    parts = new NdArray[launches.count()];
    int from = 0;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = sums.narrow(0, from, from + launches.programs(i));
      from += launches.programs(i);
    }
    result = NdArray.zeros(device, compute, 3);
    norm = result.narrow(0, 0, 1);
    factor = result.narrow(0, 1, 2);
    foundInf = result.narrow(0, 2, 3);
  }

  /**
   * Computes the norm of {@code inverseScale g}, the factor, and the flag.
   *
   * @param maxNorm above 0; infinite for a factor of 1
   * @param inverseScale undoes loss scaling, 1 for none
   * @throws dev.kiln.runtime.KilnException if a number is outside its range
   */
  public void run(double maxNorm, double inverseScale) {
    if (!(maxNorm > 0)) {
      throw Check.fault(NAME, "maxNorm", "must be above 0, but is " + maxNorm);
    }
    Rates.positive(NAME, "inverseScale", inverseScale);
    DType compute = launches.compute();
    for (int i = 0; i < launches.count(); i++) {
      launches.start(i).number(compute, inverseScale).array(parts[i]);
      launches.run(i);
    }
    total.start().array(sums).integer(count);
    if (Double.isInfinite(maxNorm)) {
      total.array(null);
    } else {
      total.number(compute, maxNorm);
    }
    total.array(result).constant(compute).constant(BlockSizes.around(count, 16, MOST_SUMS)).over(1);
  }

  /** One number: the norm before clipping. */
  public NdArray norm() {
    return norm;
  }

  /** One number, at most 1. */
  public NdArray factor() {
    return factor;
  }

  /** One number: 1 if the norm is not finite, else 0. */
  public NdArray foundInf() {
    return foundInf;
  }

  /** Frees tables, sums and results. */
  @Override
  public void close() {
    launches.close();
    sums.close();
    result.close();
  }
}
