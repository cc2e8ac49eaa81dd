package dev.kiln.runtime.sim.isa.memory;

/** What an atomic operation makes of the old value; bits zero-extended to 64. */
@FunctionalInterface
interface AtomicFunction {
  /**
   * @param operand the second operand; for {@code cas} what is compared
   * @param swap the third operand, of {@code cas} only
   */
  long apply(long old, long operand, long swap);
}
