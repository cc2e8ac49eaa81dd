package dev.kiln.ops.nn;

/**
 * The work of a forward pass.
 *
 * @param macs multiplications with an addition each, as in sums of products
 * @param flops floating-point operations: two for each of {@code macs}, and those beside them
 */
public record Work(long macs, long flops) {
  /** None: dropout, other shapes. */
  public static final Work NONE = new Work(0, 0);

  /** Sums of products. */
  public static Work macs(long macs) {
    return new Work(macs, Math.multiplyExact(2, macs));
  }

  /** Operations that are not products with an addition: of norms, pooling, activations. */
  public static Work flops(long flops) {
    return new Work(0, flops);
  }

  public Work plus(Work other) {
    return new Work(macs + other.macs, flops + other.flops);
  }

  public Work times(long factor) {
    return new Work(macs * factor, flops * factor);
  }
}
