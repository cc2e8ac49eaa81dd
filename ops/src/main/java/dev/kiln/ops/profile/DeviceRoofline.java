package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import java.util.List;
import java.util.Map;

/**
 * What a device could do at best.
 *
 * @param source where the numbers come from: measured, or which table
 * @param bandwidths how fast bytes move, by how many there are, as caches hold some of what was
 *     there before and take up what is written: from few bytes to many
 * @param flops floating-point operations a second, by the dtype of the operands: for ordinary
 *     arithmetic
 * @param productFlops the same for products of matrices
 */
public record DeviceRoofline(
    String source,
    List<Bandwidth> bandwidths,
    Map<DType, Double> flops,
    Map<DType, Double> productFlops) {
  /**
   * A bandwidth.
   *
   * @param bytes that move
   * @param perSecond bytes that move in a second, read and written together
   */
  public record Bandwidth(long bytes, double perSecond) {}

  public DeviceRoofline {
    bandwidths = List.copyOf(bandwidths);
    flops = Map.copyOf(flops);
    productFlops = Map.copyOf(productFlops);
  }

  /**
   * Bytes a second where so many bytes move: on a straight line, over the logarithm of the bytes,
   * between those that are known.
   */
  public double bandwidth(double bytes) {
    Bandwidth below = bandwidths.getFirst();
    for (Bandwidth above : bandwidths) {
      if (bytes <= above.bytes()) {
        return below == above ? above.perSecond() : between(below, above, bytes);
      }
      below = above;
    }
    return below.perSecond();
  }

  private static double between(Bandwidth below, Bandwidth above, double bytes) {
    double part =
        Math.log(bytes / below.bytes()) / Math.log((double) above.bytes() / below.bytes());
    return below.perSecond() + part * (above.perSecond() - below.perSecond());
  }

  /** Of memory, beyond all caches. */
  public double memoryBandwidth() {
    return bandwidths.getLast().perSecond();
  }

  /** Operations a second in a dtype, of products of matrices or of others. */
  public double peak(DType dtype, boolean product) {
    return (product ? productFlops : flops).get(dtype);
  }

  /** The least time of a call, in seconds, and how near a time comes to it. */
  public Attainable attainable(
      double bytes, double operations, DType dtype, boolean product, double seconds) {
    double moving = bytes / bandwidth(bytes);
    double computing = operations / peak(dtype, product);
    double least = Math.max(moving, computing);
    return new Attainable(
        least,
        moving >= computing ? Attainable.Bound.MEMORY : Attainable.Bound.COMPUTE,
        least / seconds);
  }
}
