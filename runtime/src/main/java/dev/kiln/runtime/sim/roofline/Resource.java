package dev.kiln.runtime.sim.roofline;

/** What a launch may have to wait for. */
public enum Resource {
  TENSOR("tensor", "tensor cores", true),
  FP32("fp32", "fp32", true),
  FP64("fp64", "fp64", true),
  FP16("fp16", "fp16/bf16", true),
  INTEGER("integer", "integer", true),
  SPECIAL("special", "special functions", true),
  CONVERSION("conversion", "conversions", true),
  SHUFFLE("shuffle", "shuffles", true),
  ISSUE("issue", "issue slots", true),
  SHARED("shared", "shared memory", true),
  L2("l2", "L2 cache", false),
  DRAM("dram", "DRAM", false);

  private final String key;
  private final String title;
  private final boolean ofSm;

  Resource(String key, String title, boolean ofSm) {
    this.key = key;
    this.title = title;
    this.ofSm = ofSm;
  }

  /** The name in JSON. */
  public String key() {
    return key;
  }

  /** The name in tables. */
  public String title() {
    return title;
  }

  /** Whether each SM has its own: then an uneven spread of blocks makes it busy for longer. */
  public boolean ofSm() {
    return ofSm;
  }

  /**
   * Whether PTX tells its use only roughly: ptxas folds address arithmetic into other instructions
   * and removes moves.
   */
  public boolean rough() {
    return this == INTEGER || this == CONVERSION || this == ISSUE;
  }
}
