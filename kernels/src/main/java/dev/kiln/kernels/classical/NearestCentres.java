package dev.kiln.kernels.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * The nearest centre of each point, and the mean of each centre's points: the two halves of a step
 * of k-means (Lloyd, "Least squares quantization in PCM", 1982).
 *
 * <p>Distances are those of {@link Distances}; of centres at the same distance the first wins. A
 * point that is at no finite distance from any centre has none, index -1, and is part of no mean.
 * Sums are added up in fp32 (fp64 for fp64 arrays), in parts of {@value #POINTS_OF_PROGRAM} points
 * and then in the order of the parts: the same bits in every run. Not thread-safe.
 */
public final class NearestCentres implements AutoCloseable {
  private static final String NAME = "NearestCentres";
  private static final String FILE = "distances.py";
  private static final int POINTS_OF_PROGRAM = 1024;
  private static final int POINTS = 64;
  private static final int LEAST = 16;
  private static final int MOST_CENTRES_ON_CPU = 64;
  private static final int MOST_CENTRES_ON_GPU = 16;
  private static final int MOST_FEATURES_OF_MEAN = 1024;

  private final boolean isGpu;
  private final KernelCall nearest;
  private final KernelCall means;
  private final Transposed transposed;
  private final Workspace sums;
  private final Workspace counts;

  public NearestCentres(Device device) {
    isGpu = device.target().isGpu();
    nearest = new KernelCall(FILE, "nearest_kernel", device);
    means = new KernelCall(FILE, "means_kernel", device);
    transposed = new Transposed(device);
    sums = new Workspace(device);
    counts = new Workspace(device);
  }

  /**
   * The index of each point's nearest centre, and its squared distance.
   *
   * @param points {@code N x D}, rows without gaps: fp32, fp16, bf16 or fp64
   * @param centres {@code K x D}, at least one, of the dtype of {@code points}, likewise
   * @param index receives {@code N} numbers, i32
   * @param squares receives {@code N} numbers, fp64 if {@code points} is, otherwise fp32; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void assign(NdArray points, NdArray centres, NdArray index, NdArray squares) {
    check(points, centres, index, squares);
    if (points.dim(0) > 0) {
      launch(points, centres, index, squares, null, null);
    }
  }

  /**
   * The same, and then every centre moves to the mean of its points; one without points stays.
   *
   * @param centres is read, and then written
   * @param sizes receives the number of points of each centre: {@code K} numbers, i32
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void step(NdArray points, NdArray centres, NdArray index, NdArray squares, NdArray sizes) {
    check(points, centres, index, squares);
    Check.apart(NAME, "centres", centres, "points", points);
    Check.vector(NAME, "sizes", sizes, centres.dim(0));
    i32("sizes", sizes);
    int parts = Grid.cdiv(points.dim(0), pointsOfProgram(points));
    int features = (int) points.dim(1);
    DType compute = PointSets.compute(points);
    NdArray sum = sums.array(compute, Math.max(1, parts), centres.dim(0) * features);
    NdArray count = counts.array(DType.I32, Math.max(1, parts), centres.dim(0));
    if (parts > 0) {
      launch(points, centres, index, squares, sum, count);
    }
    int block = BlockSizes.around(features, LEAST, MOST_FEATURES_OF_MEAN);
    means.start().array(sum).array(count).array(centres).array(sizes);
    means.integer(parts).integer(centres.dim(0)).integer(features).integer(centres.stride(0));
    means.constant(compute).constant(block);
    means.over((int) centres.dim(0), Grid.cdiv(features, block), 1);
  }

  private void launch(
      NdArray points, NdArray centres, NdArray index, NdArray squares, NdArray sum, NdArray count) {
    int mostCentres = isGpu ? MOST_CENTRES_ON_GPU : MOST_CENTRES_ON_CPU;
    int mostFeatures = BlockSizes.elements(nearest.device()) / POINTS;
    NdArray features = transposed.of(centres);
    nearest.start().array(points).array(features).array(index).array(squares);
    nearest.array(sum).array(count);
    nearest.integer(points.dim(0)).integer(centres.dim(0)).integer(points.dim(1));
    nearest.integer(points.stride(0)).integer(features.stride(0));
    nearest.constant(PointSets.compute(points)).constant(POINTS);
    nearest.constant(pointsOfProgram(points) / POINTS);
    nearest.constant(BlockSizes.around(centres.dim(0), LEAST, mostCentres));
    nearest.constant(BlockSizes.around(points.dim(1), LEAST, mostFeatures));
    nearest.over(Grid.cdiv(points.dim(0), pointsOfProgram(points)));
  }

  private static int pointsOfProgram(NdArray points) {
    return BlockSizes.around(points.dim(0), POINTS, POINTS_OF_PROGRAM);
  }

  private static void check(NdArray points, NdArray centres, NdArray index, NdArray squares) {
    PointSets.check(NAME, "points", points);
    if (points.dim(1) == 0) {
      throw Check.fault(NAME, "points", "must have at least one column, but is " + points);
    }
    PointSets.alike(NAME, "centres", centres, "points", points);
    PointSets.dense(NAME, "centres", centres);
    if (centres.dim(0) == 0) {
      throw Check.fault(NAME, "centres", "must have at least one row, but is " + centres);
    }
    Check.vector(NAME, "index", index, points.dim(0));
    i32("index", index);
    if (squares != null) {
      Check.vector(NAME, "squares", squares, points.dim(0));
      if (squares.dtype() != PointSets.compute(points)) {
        throw Check.fault(
            NAME, "squares", "must be " + PointSets.compute(points) + ", but is " + squares);
      }
    }
  }

  private static void i32(String argument, NdArray array) {
    if (array.dtype() != DType.I32) {
      throw Check.fault(NAME, argument, "must be i32, but is " + array);
    }
  }

  @Override
  public void close() {
    transposed.close();
    sums.close();
    counts.close();
  }
}
