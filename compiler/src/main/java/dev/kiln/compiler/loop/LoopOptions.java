package dev.kiln.compiler.loop;

/**
 * What the lowering may do; everything, unless a test compares with less.
 *
 * @param fuse whether operations share a nest
 * @param reload whether a load may be repeated in another nest instead of keeping its tile
 * @param recompute whether a few cheap operations may be repeated instead of keeping their tile
 * @param directOperands whether {@code dot} reads operands from global memory
 * @param reshapeNests whether axes of a nest are exchanged and merged
 * @param inPlace whether a carried tile may be updated where it lies
 * @param scratchLimit bytes of scratch memory beyond which a kernel is refused
 */
public record LoopOptions(
    boolean fuse,
    boolean reload,
    boolean recompute,
    boolean directOperands,
    boolean reshapeNests,
    boolean inPlace,
    long scratchLimit) {
  public static final LoopOptions DEFAULT =
      new LoopOptions(true, true, true, true, true, true, 256L << 20);

  /** Every operation in a nest of its own, every value in memory. */
  public static final LoopOptions NAIVE =
      new LoopOptions(false, false, false, false, false, false, 256L << 20);
}
