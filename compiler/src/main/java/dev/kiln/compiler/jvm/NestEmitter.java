package dev.kiln.compiler.jvm;

import dev.kiln.compiler.loop.LoopStmt;

/** Chooses how a loop nest is emitted. */
final class NestEmitter {
  private NestEmitter() {}

  static void emit(KernelWriter kernel, CodeWriter writer, LoopStmt.Nest nest) {
    NestPlan plan = NestPlan.of(nest.shape(), nest.body(), writer.definitions());
    new ScalarNest(kernel, writer, plan).emit();
  }
}
