package dev.kiln.runtime.sim.exec;

/**
 * How matrix instructions with floating-point operands add up. The manual leaves order and
 * intermediate rounding open; both modes are deterministic, and products are exact in both.
 */
public enum TensorMode {
  /**
   * The default: from C on, products are added in ascending k, each sum rounded to the nearest fp32
   * number, ties to even: a chain of fused multiply-adds.
   */
  ROUNDED,

  /**
   * As hardware may do it: from C on, products are taken in ascending k in groups that fill 16
   * bytes of a row (4 of tf32, 8 of 16 bits, 16 of 8 bits). The running sum and the products of a
   * group are aligned to the largest exponent among them, a product's being the sum of its
   * factors'; bits more than 25 places behind the point are cut off, the rest is added exactly, and
   * the sum is cut off to fp32.
   */
  TRUNCATED
}
