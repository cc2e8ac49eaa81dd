package dev.kiln.runtime.sim.ptx;

/** Who else sees a symbol. */
public enum Linkage {
  NONE,
  EXTERN,
  VISIBLE,
  WEAK,
  COMMON
}
