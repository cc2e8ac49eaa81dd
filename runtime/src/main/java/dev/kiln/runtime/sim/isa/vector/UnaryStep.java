package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;

/** A step with one source. */
abstract class UnaryStep extends Step {
  final int target;
  final int a;

  UnaryStep(int target, int a) {
    this.target = target;
    this.a = a;
  }
}
