package dev.kiln.runtime.sim.ptx;

/** State spaces of PTX. */
public enum Space {
  REG,
  SREG,
  CONST,
  GLOBAL,
  LOCAL,
  PARAM,
  /** {@code .shared} and {@code .shared::cta}. */
  SHARED,
  /** {@code .shared::cluster}. */
  SHARED_CLUSTER,
  /** No space named. */
  GENERIC,
  TEX
}
