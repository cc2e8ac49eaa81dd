package dev.kiln.runtime.sim.isa.vector;

/** Generated: what some operations do to all lanes of a register file. */
interface RegisterCode {
  void run(int[] words);
}
