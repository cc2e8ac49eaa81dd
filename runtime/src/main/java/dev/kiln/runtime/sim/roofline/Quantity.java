package dev.kiln.runtime.sim.roofline;

/** Numbers of a GPU that estimates need. Rates are of each SM for each clock cycle. */
public enum Quantity {
  SMS("sms"),
  CLOCK_MHZ("clockMhz"),
  /** The clock at which tensor cores reach their stated peak. */
  TENSOR_CLOCK_MHZ("tensorClockMhz"),
  /** Warp instructions. */
  ISSUE_SLOTS("issueSlots"),
  /** Lanes of an instruction, as for all rates of arithmetic; a fused multiply-add is one. */
  FP32("fp32"),
  FP64("fp64"),
  /** Lanes of an instruction on two halves. */
  FP16("fp16"),
  INTEGER("integer"),
  SPECIAL("special"),
  CONVERSION("conversion"),
  CONVERSION_64("conversion64"),
  SHUFFLE("shuffle"),
  /** Bytes of shared memory. */
  SHARED_BYTES("sharedBytes"),
  /** Bytes of the L2 cache, of the whole GPU for each clock cycle. */
  L2_BYTES("l2BytesPerClock"),
  /** 10^9 bytes a second. */
  DRAM_GIGABYTES("dramGigabytesPerSecond"),
  /** Registers of an SM. */
  REGISTERS("registers"),
  REGISTERS_PER_THREAD("registersPerThread"),
  /** A warp's registers come in multiples of this. */
  REGISTER_UNIT("registerUnit"),
  SHARED_PER_SM("sharedPerSm"),
  SHARED_PER_BLOCK("sharedPerBlock"),
  /** Shared memory that each block takes beyond what it asks for. */
  SHARED_RESERVED("sharedReserved"),
  SHARED_UNIT("sharedUnit"),
  THREADS("threads"),
  BLOCKS("blocks");

  private final String key;

  Quantity(String key) {
    this.key = key;
  }

  /** The name in the table of GPUs. */
  public String key() {
    return key;
  }
}
