package dev.kiln.compiler.jvm;

/** How much code the method of a loop nest may have; the JIT ignores methods above 8000 bytes. */
enum NestForm {
  /** Vectors; where there are bounds, one loop without masks and one with them. */
  TWO_LOOPS,
  /** Vectors in one loop, with masks in every block: for bodies so large that masks cost little. */
  MASKED_LOOP,
  /** One element at a time. */
  SCALAR;

  NestForm shorter() {
    return this == TWO_LOOPS ? MASKED_LOOP : SCALAR;
  }
}
