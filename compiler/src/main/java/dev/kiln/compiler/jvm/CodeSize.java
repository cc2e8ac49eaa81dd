package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.List;

/** Estimates of the bytecode that driver statements take, on the high side. */
final class CodeSize {
  private static final int SCALAR = 30;
  private static final int TRANSCENDENTAL = 500;
  private static final int MEMORY = 60;
  private static final int CALL = 20;
  private static final int CALL_INPUT = 4;
  private static final int CONTROL = 80;
  private static final int CARRIED = 10;
  private static final int PRINT_OPERAND = 60;

  /** A piece that was cut out leaves a call. */
  private static final int PIECE_CALL = 200;

  private CodeSize() {}

  static int of(List<LoopStmt> statements, int budget) {
    return statements.stream().mapToInt(s -> of(s, budget)).sum();
  }

  /** What a nested block leaves in the method: itself, or calls of its pieces. */
  private static int nested(List<LoopStmt> block, int budget) {
    int size = of(block, budget);
    return size <= budget ? size : PIECE_CALL * (2 * size / budget + 1);
  }

  static int of(LoopStmt statement, int budget) {
    return switch (statement) {
      case LoopStmt.Scalar s -> of(s.op());
      case LoopStmt.ReadElement _, LoopStmt.WriteElement _ -> MEMORY;
      case LoopStmt.For f -> CONTROL + CARRIED * f.carried().size() + nested(f.body(), budget);
      case LoopStmt.While w ->
          CONTROL
              + 2 * CARRIED * w.carried().size()
              + nested(w.before(), budget)
              + nested(w.body(), budget);
      case LoopStmt.If i ->
          CONTROL
              + CARRIED * i.results().size()
              + nested(i.thenBody(), budget)
              + nested(i.elseBody(), budget);
      case LoopStmt.Nest n -> CALL + CALL_INPUT * n.body().size();
      case LoopStmt.Scan _, LoopStmt.MapElementwise _, LoopStmt.Histogram _, LoopStmt.Dot _ ->
          4 * CALL;

      case LoopStmt.Print p -> PRINT_OPERAND * (p.operands().size() + 1);
    };
  }

  static int of(Op op) {
    int size = MathExpansion.applies(op) ? TRANSCENDENTAL : SCALAR;
    for (Block block : op.blocks()) {
      size += CONTROL + block.ops().stream().mapToInt(CodeSize::of).sum();
    }
    return size;
  }
}
