package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;

/** A step with three sources. */
abstract class TernaryStep extends Step {
  final int target;
  final int a;
  final int b;
  final int c;

  TernaryStep(int target, int a, int b, int c) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.c = c;
  }
}
