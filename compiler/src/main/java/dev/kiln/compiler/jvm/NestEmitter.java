package dev.kiln.compiler.jvm;

import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.List;

/** Chooses how a loop nest is emitted. */
final class NestEmitter {
  private NestEmitter() {}

  static void emit(KernelWriter kernel, CodeWriter writer, LoopStmt.Nest nest) {
    Definitions definitions = writer.definitions();
    List<LaneStmt> expanded = NestPlan.expand(nest.body(), definitions);
    NestPlan plan = NestPlan.of(nest.shape(), expanded, definitions);
    TransposingNest transposing = TransposingNest.of(nest, definitions);
    if (transposing != null) {
      var places = new ScalarNest(kernel, writer, plan);
      transposing.emit(kernel, writer, places, nest.shape());
      return;
    }
    if (NestVectors.of(plan, kernel.options()) != null) {
      List<LaneStmt> legal = VectorLegalizer.legalize(expanded, definitions);
      NestPlan vectorPlan = NestPlan.of(nest.shape(), legal, definitions);
      NestVectors vectors = NestVectors.of(vectorPlan, kernel.options());
      new VectorNest(kernel, writer, vectorPlan, vectors).emit();
    } else {
      new ScalarNest(kernel, writer, plan).emit();
    }
  }
}
