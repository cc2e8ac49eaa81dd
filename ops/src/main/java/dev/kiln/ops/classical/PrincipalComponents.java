package dev.kiln.ops.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * Principal components: the directions in which points vary most, which are the eigenvectors of
 * their covariance {@code C = D^T D / (n - 1)} with the mean taken from each row of {@code D}. The
 * covariance of what {@link #project} gives is diagonal. Not thread-safe.
 */
public final class PrincipalComponents implements AutoCloseable {
  private static final String NAME = "PrincipalComponents";

  private final NdArray mean;
  private final NdArray components;
  private final double[] variances;
  private final double total;
  private final Matmul matmul;
  private final Pointwise pointwise;

  private PrincipalComponents(
      NdArray mean, SymmetricEigen eigen, int count, Matmul matmul, Pointwise pointwise) {
    int d = eigen.values().length;
    this.mean = mean;
    this.matmul = matmul;
    this.pointwise = pointwise;
    // Rounding may leave a variance of 0 slightly negative.
    double[] all = Arrays.stream(eigen.values()).map(v -> Math.max(v, 0)).toArray();
    variances = Arrays.copyOf(all, count);
    total = Arrays.stream(all).sum();
    double[] flat =
        Arrays.stream(eigen.vectors()).limit(count).flatMapToDouble(Arrays::stream).toArray();
    components = NdArray.of(mean.device(), mean.dtype(), flat, count, d);
  }

  /**
   * @param x {@code n x d} on a device, fp32 or fp64, at least two rows
   * @param count how many components, from 1 to {@code d}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules, or numbers are not
   *     finite
   */
  public static PrincipalComponents fit(NdArray x, int count) {
    Inputs.matrix(NAME, "x", x);
    if (x.dtype() != DType.FP32 && x.dtype() != DType.FP64) {
      throw Inputs.fault(NAME, "not supported yet: points other than fp32 and fp64, such as " + x);
    }
    int n = (int) x.dim(0);
    int d = (int) x.dim(1);
    Inputs.atLeast(NAME, "the number of points", n, 2);
    if (count < 1 || count > d) {
      throw Inputs.fault(
          NAME, "the number of components must be from 1 to " + d + ", but is " + count);
    }
    Device device = x.device();
    var matmul = new Matmul(device);
    var pointwise = new Pointwise(device);
    NdArray mean = NdArray.empty(device, x.dtype(), d);
    double[] covariance;
    try (var reductions = new Reductions(device);
        NdArray centred = NdArray.empty(device, x.dtype(), n, d);
        NdArray c = NdArray.empty(device, x.dtype(), d, d)) {
      reductions.run(Reduction.MEAN, x, mean, 0);
      pointwise.binary(BinaryFunction.SUB, x, mean, centred);
      Epilogue share = Epilogue.NONE.withAlpha(1.0 / (n - 1));
      matmul.run(centred.permute(1, 0), centred, share, c);
      covariance = c.toDoubles();
    }
    double[][] rows = new double[d][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(covariance, i * d, (i + 1) * d));
    return new PrincipalComponents(mean, SymmetricEigen.of(rows), count, matmul, pointwise);
  }

  /** The components, a row of unit length for each, the one of the largest variance first. */
  public double[][] components() {
    double[] flat = components.toDoubles();
    int d = (int) components.dim(1);
    double[][] rows = new double[variances.length][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * d, (i + 1) * d));
    return rows;
  }

  /** The variance along each component. */
  public double[] variances() {
    return variances.clone();
  }

  /** The share of each component in the sum of all variances; 0 if nothing varies. */
  public double[] explained() {
    return Arrays.stream(variances).map(v -> total == 0 ? 0 : v / total).toArray();
  }

  /**
   * Coordinates along the components.
   *
   * @param x {@code m x d}, of the dtype of the points
   * @return {@code m x count}, the caller's
   * @throws dev.kiln.runtime.KilnException if the points do not fit
   */
  public NdArray project(NdArray x) {
    like("points", x, mean.dim(0));
    NdArray y = NdArray.empty(x.device(), x.dtype(), x.dim(0), variances.length);
    try (NdArray centred = NdArray.empty(x.device(), x.dtype(), x.dim(0), x.dim(1))) {
      pointwise.binary(BinaryFunction.SUB, x, mean, centred);
      matmul.run(centred, components.permute(1, 0), y);
    }
    return y;
  }

  /**
   * Points by their coordinates: the way back of {@link #project}, but for what other components
   * held.
   *
   * @param y {@code m x count}, of the dtype of the points
   * @return {@code m x d}, the caller's
   * @throws dev.kiln.runtime.KilnException if the coordinates do not fit
   */
  public NdArray restore(NdArray y) {
    like("coordinates", y, variances.length);
    NdArray x = NdArray.empty(y.device(), y.dtype(), y.dim(0), mean.dim(0));
    matmul.run(y, components, Epilogue.of(mean, Activation.NONE), x);
    return x;
  }

  private void like(String name, NdArray array, long columns) {
    if (array.rank() != 2 || array.dim(1) != columns || array.dtype() != mean.dtype()) {
      throw Inputs.fault(
          NAME,
          name + " must be " + mean.dtype() + " with " + columns + " columns, but are " + array);
    }
  }

  @Override
  public void close() {
    mean.close();
    components.close();
    matmul.close();
  }
}
