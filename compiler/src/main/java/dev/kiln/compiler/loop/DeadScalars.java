package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Removes scalar code that nothing uses. */
final class DeadScalars {
  private final Map<Value, List<Value>> pure = new HashMap<>();
  private final Set<Value> live = new HashSet<>();

  private DeadScalars() {}

  static List<LoopStmt> remove(List<LoopStmt> body) {
    var dead = new DeadScalars();
    StmtCode.visit(body, dead::note);
    StmtCode.visit(body, dead::mark);
    return dead.sweep(body);
  }

  private static boolean isPure(LoopStmt statement) {
    return statement instanceof LoopStmt.ReadElement
        || (statement instanceof LoopStmt.Scalar scalar && scalar.op() instanceof ElementwiseOp);
  }

  private static Value result(LoopStmt statement) {
    return statement instanceof LoopStmt.ReadElement read
        ? read.result()
        : ((LoopStmt.Scalar) statement).op().result();
  }

  private void note(LoopStmt statement) {
    if (isPure(statement)) {
      pure.put(result(statement), StmtCode.operands(statement));
    }
  }

  private void mark(LoopStmt statement) {
    if (!isPure(statement)) {
      StmtCode.operands(statement).forEach(this::mark);
    }
  }

  private void mark(Value value) {
    if (live.add(value)) {
      pure.getOrDefault(value, List.of()).forEach(this::mark);
    }
  }

  private List<LoopStmt> sweep(List<LoopStmt> body) {
    List<LoopStmt> kept = new ArrayList<>();
    for (LoopStmt statement : body) {
      if (!isPure(statement) || live.contains(result(statement))) {
        kept.add(StmtCode.mapRefs(statement, ref -> ref, this::sweep));
      }
    }
    return kept;
  }
}
