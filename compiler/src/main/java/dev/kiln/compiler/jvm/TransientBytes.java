package dev.kiln.compiler.jvm;

import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.List;

/** How much scratch memory the statements of a kernel need while they run. */
final class TransientBytes {
  /** Lane buffers and accumulators of nests, and values to print. */
  static final long NEST = 16 << 10;

  private TransientBytes() {}

  static long of(LoopKernel kernel) {
    return Math.max(NEST, dots(kernel.body()));
  }

  private static long dots(List<LoopStmt> statements) {
    return statements.stream().mapToLong(s -> dots(s)).max().orElse(0);
  }

  private static long dots(LoopStmt statement) {
    return switch (statement) {
      case LoopStmt.Dot d -> DotEmitter.transientBytes(d);
      case LoopStmt.For f -> dots(f.body());
      case LoopStmt.While w -> Math.max(dots(w.before()), dots(w.body()));
      case LoopStmt.If i -> Math.max(dots(i.thenBody()), dots(i.elseBody()));
      case LoopStmt.Scalar _,
          LoopStmt.ReadElement _,
          LoopStmt.WriteElement _,
          LoopStmt.Nest _,
          LoopStmt.Scan _,
          LoopStmt.MapElementwise _,
          LoopStmt.Histogram _,
          LoopStmt.Print _ ->
          0;
    };
  }
}
