package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;

/** A step with two sources. */
abstract class BinaryStep extends Step {
  final int target;
  final int a;
  final int b;

  BinaryStep(int target, int a, int b) {
    this.target = target;
    this.a = a;
    this.b = b;
  }
}
