package dev.kiln.ops.pruning;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.rearrange.Indexing;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Masks that choose which weights stay, and their application (Han et al., "Learning both Weights
 * and Connections for Efficient Neural Networks", 2015; Li et al., "Pruning Filters for Efficient
 * ConvNets", 2017).
 *
 * <p>A mask has the shape of its weight and holds 1 where the weight stays, 0 where it goes.
 * Applied after each step of an optimizer it keeps zeros zero, whatever momentum and decay add;
 * applied to gradients too, momentum itself forgets them. Not thread-safe.
 */
public final class Pruning implements AutoCloseable {
  private static final String NAME = "Pruning";

  private final Pointwise pointwise;
  private final Indexing indexing;

  public Pruning(Device device) {
    pointwise = new Pointwise(device);
    indexing = new Indexing(device);
  }

  /**
   * Masks of single weights: those of the smallest magnitude go, over all weights together, so that
   * exactly {@code round(sparsity n)} of {@code n} are 0. Of equal ones the first go. What is 0
   * already is among the smallest, so that a mask never lets a weight return while sparsity grows.
   *
   * @param weights contiguous floats, at least one
   * @param sparsity the share that goes, from 0 to 1
   * @return a mask of i8 for each, on its device, the caller's
   * @throws KilnException if an argument breaks these rules, or a weight is NaN
   */
  public static List<NdArray> byMagnitude(List<NdArray> weights, double sparsity) {
    share("the sparsity", sparsity);
    if (weights.isEmpty()) {
      throw new KilnException(NAME + ": there must be at least one weight");
    }
    double[][] numbers = weights.stream().map(Pruning::numbers).toArray(double[][]::new);
    double[] sizes =
        Arrays.stream(numbers).flatMapToDouble(Arrays::stream).map(Math::abs).toArray();
    boolean[] goes = smallest(sizes, Math.round(sparsity * sizes.length));
    NdArray[] masks = new NdArray[numbers.length];
    int at = 0;
    for (int w = 0; w < numbers.length; w++) {
      int from = at;
      double[] mask = new double[numbers[w].length];
      Arrays.setAll(mask, i -> goes[from + i] ? 0 : 1);
      masks[w] = mask(weights.get(w), mask);
      at += mask.length;
    }
    return List.of(masks);
  }

  /**
   * A mask of whole channels: those with the smallest Euclidean norm go, {@code round(share c)} of
   * {@code c}; of equal ones the first.
   *
   * @param weight contiguous floats
   * @param axis of the channels, such as 0 for the filters of a convolution; below 0 counts from
   *     the end
   * @param share of the channels that goes, from 0 to 1
   * @return a mask of i8, the caller's
   * @throws KilnException if an argument breaks these rules, or a weight is NaN
   */
  public static NdArray byChannel(NdArray weight, int axis, double share) {
    boolean[] goes = channels(weight, axis, share);
    int at = axis(weight, axis);
    long inner = inner(weight, at);
    double[] mask = new double[Math.toIntExact(weight.size())];
    Arrays.setAll(mask, i -> goes[channel(i, inner, goes.length)] ? 0 : 1);
    return mask(weight, mask);
  }

  /**
   * The channels that stay, in their order: what a smaller layer keeps, which is what lowers the
   * work of a model.
   */
  public static int[] keptChannels(NdArray weight, int axis, double share) {
    boolean[] goes = channels(weight, axis, share);
    return IntStream.range(0, goes.length).filter(c -> !goes[c]).toArray();
  }

  /**
   * What is left of a weight, or of whatever else has such channels, in a smaller layer.
   *
   * @param channels as {@link #keptChannels} gives them
   * @return the channels in their order, the caller's
   * @throws KilnException if an axis or a channel does not exist, or the array is not contiguous
   */
  public NdArray select(NdArray array, int axis, int[] channels) {
    int at = axis(array, axis);
    for (int channel : channels) {
      if (channel < 0 || channel >= array.dim(at)) {
        throw new KilnException(
            NAME + ": there is no channel " + channel + " along axis " + at + " of " + array);
      }
    }
    long[] shape = array.shape();
    shape[at] = channels.length;
    NdArray selected = NdArray.empty(array.device(), array.dtype(), shape);
    try (NdArray index = NdArray.of(array.device(), channels, channels.length)) {
      indexing.select(array, at, index, selected);
    }
    return selected;
  }

  private static int axis(NdArray weight, int axis) {
    int at = axis < 0 ? axis + weight.rank() : axis;
    if (at < 0 || at >= weight.rank()) {
      throw new KilnException(NAME + ": " + axis + " is no axis of " + weight);
    }
    return at;
  }

  private static boolean[] channels(NdArray weight, int axis, double share) {
    share("the share of channels", share);
    int at = axis(weight, axis);
    double[] numbers = numbers(weight);
    double[] squares = new double[(int) weight.dim(at)];
    long inner = inner(weight, at);
    for (int i = 0; i < numbers.length; i++) {
      squares[channel(i, inner, squares.length)] += numbers[i] * numbers[i];
    }
    return smallest(squares, Math.round(share * squares.length));
  }

  private static int channel(long element, long inner, int channels) {
    return (int) (element / inner % channels);
  }

  private static long inner(NdArray weight, int axis) {
    return IntStream.range(axis + 1, weight.rank())
        .mapToLong(weight::dim)
        .reduce(1, (a, b) -> a * b);
  }

  private static boolean[] smallest(double[] sizes, long count) {
    boolean[] are = new boolean[sizes.length];
    IntStream.range(0, sizes.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> sizes[i]))
        .limit(count)
        .forEach(i -> are[i] = true);
    return are;
  }

  private static double[] numbers(NdArray weight) {
    if (!weight.dtype().isFloat() || !weight.isContiguous()) {
      throw new KilnException(NAME + ": weights must be contiguous floats, but one is " + weight);
    }
    double[] numbers = weight.toDoubles();
    if (Arrays.stream(numbers).anyMatch(Double::isNaN)) {
      throw new KilnException(NAME + ": a weight of " + weight + " is NaN and has no magnitude");
    }
    return numbers;
  }

  private static void share(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new KilnException(NAME + ": " + name + " must be from 0 to 1, but is " + share);
    }
  }

  private static NdArray mask(NdArray weight, double[] mask) {
    return NdArray.of(weight.device(), DType.I8, mask, weight.shape());
  }

  /**
   * Puts 0 where the mask holds 0, even in the place of NaN; all else stays, bit for bit.
   *
   * @param array a weight, its gradient, or what an optimizer keeps of it
   * @param mask of the shape of {@code array}
   * @throws KilnException if shapes do not fit
   */
  public void apply(NdArray mask, NdArray array) {
    if (!Arrays.equals(mask.shape(), array.shape())) {
      throw new KilnException(
          NAME + ": the mask must have the shape of " + array + ", but is " + mask);
    }
    pointwise.ternary(TernaryFunction.WHERE, mask, array, 0, array);
  }

  /** The share of zeros among all weights. */
  public static double sparsity(List<NdArray> weights) {
    long zeros = 0;
    long all = 0;
    for (NdArray weight : weights) {
      zeros += Arrays.stream(weight.toDoubles()).filter(x -> x == 0).count();
      all += weight.size();
    }
    return all == 0 ? 0 : (double) zeros / all;
  }

  @Override
  public void close() {
    indexing.close();
  }
}
