package dev.kiln.kernels.attention;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;

/**
 * How {@link Attention} weighs keys.
 *
 * @param scale of the products {@code q.k}, before the temperature; 0 for {@code 1 / sqrt(head
 *     size)}
 * @param temperature divides the products, too: positive
 * @param softCap products become {@code cap tanh(s / cap)} (Gemma Team, "Gemma 2", 2024); 0 for
 *     none
 * @param left how many keys before its own a query sees; {@link #UNLIMITED} for all
 * @param right how many keys after its own; 0 makes attention causal
 * @param alignment which key is a query's own where there are not as many queries as keys
 * @param dropout part of the weights that become 0, at least 0 and less than 1; the others are
 *     divided by {@code 1 - dropout}
 * @param seed of dropout's numbers, see {@link dev.kiln.kernels.elementwise.Dropout}
 * @param offset number of the first weight of the first query; weight {@code (b, h, i, j)} takes
 *     number {@code offset + ((b heads + h) queries + i) keys + j}
 */
public record AttentionOptions(
    double scale,
    double temperature,
    double softCap,
    long left,
    long right,
    Alignment alignment,
    double dropout,
    long seed,
    long offset) {
  /** No limit to a window. */
  public static final long UNLIMITED = -1;

  /** All keys, {@code 1 / sqrt(head size)}, nothing else. */
  public static final AttentionOptions DEFAULT =
      new AttentionOptions(0, 1, 0, UNLIMITED, UNLIMITED, Alignment.LAST, 0, 0, 0);

  /** Causal attention. */
  public static final AttentionOptions CAUSAL = DEFAULT.causal();

  private static final double LOG2_E = 1.4426950408889634;

  /** Which key is a query's own. */
  public enum Alignment {
    /** The last query's is the last key, as in FlashAttention since 2.1, and in decoding. */
    LAST,
    /** The first query's is the first key, as in PyTorch's {@code is_causal}. */
    FIRST
  }

  public AttentionOptions withScale(double newScale) {
    return new AttentionOptions(
        newScale, temperature, softCap, left, right, alignment, dropout, seed, offset);
  }

  public AttentionOptions withTemperature(double newTemperature) {
    return new AttentionOptions(
        scale, newTemperature, softCap, left, right, alignment, dropout, seed, offset);
  }

  public AttentionOptions withSoftCap(double cap) {
    return new AttentionOptions(
        scale, temperature, cap, left, right, alignment, dropout, seed, offset);
  }

  /** Each query sees its own key and those before it. */
  public AttentionOptions causal() {
    return withWindow(left, 0);
  }

  public AttentionOptions withWindow(long before, long after) {
    return new AttentionOptions(
        scale, temperature, softCap, before, after, alignment, dropout, seed, offset);
  }

  public AttentionOptions withAlignment(Alignment newAlignment) {
    return new AttentionOptions(
        scale, temperature, softCap, left, right, newAlignment, dropout, seed, offset);
  }

  public AttentionOptions withDropout(double part, long newSeed, long newOffset) {
    return new AttentionOptions(
        scale, temperature, softCap, left, right, alignment, part, newSeed, newOffset);
  }

  void check(String operation) {
    require(scale >= 0 && scale < Double.POSITIVE_INFINITY, operation, "scale", "at least 0");
    require(
        temperature > 0 && temperature < Double.POSITIVE_INFINITY,
        operation,
        "temperature",
        "positive");
    require(softCap >= 0 && softCap < Double.POSITIVE_INFINITY, operation, "softCap", "at least 0");
    require(isLimit(left), operation, "left", "from -1 to 2147483647");
    require(isLimit(right), operation, "right", "from -1 to 2147483647");
    require(dropout >= 0 && dropout < 1, operation, "dropout", "at least 0 and less than 1");
  }

  private static boolean isLimit(long limit) {
    return limit >= UNLIMITED && limit <= Integer.MAX_VALUE;
  }

  private static void require(boolean holds, String operation, String option, String rule) {
    if (!holds) {
      throw Check.fault(operation, option, "must be " + rule);
    }
  }

  /** The factor of {@code q.k}: scale over temperature. */
  public double scaleFor(long head) {
    return (scale == 0 ? 1 / Math.sqrt(head) : scale) / temperature;
  }

  /** The kernels' window, factors and dropout. */
  void numbers(KernelCall call, DType compute, long head) {
    call.integer(limit(left)).integer(limit(right));
    factors(call, compute, head);
    call.number(dropout).integer(seed).integer(offset);
  }

  /** The factor of products, into units of log 2 or into the soft cap, and that of the cap. */
  private void factors(KernelCall call, DType compute, long head) {
    double full = scaleFor(head);
    call.number(compute, softCap == 0 ? full * LOG2_E : full / softCap)
        .number(compute, softCap * LOG2_E);
  }

  /** The options of a decoding kernel. */
  void oneQuery(KernelCall call, DType compute, long head) {
    call.integer(limit(left));
    factors(call, compute, head);
    call.constant(left != UNLIMITED).constant(softCap != 0);
  }

  /** A window beyond all sequences does not overflow where it is added to a position. */
  private static long limit(long keys) {
    return Math.clamp(keys, 0, 1L << 30);
  }

  void constants(KernelCall call) {
    call.constant(alignment == Alignment.FIRST)
        .constant(left != UNLIMITED)
        .constant(right != UNLIMITED)
        .constant(softCap != 0)
        .constant(dropout != 0);
  }
}
