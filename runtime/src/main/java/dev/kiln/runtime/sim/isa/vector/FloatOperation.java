package dev.kiln.runtime.sim.isa.vector;

/**
 * Operations of templates; {@link FloatForms} must load where there is no Vector API to name them.
 */
enum FloatOperation {
  ADD,
  SUB,
  MUL,
  DIV,
  MIN,
  MAX
}
