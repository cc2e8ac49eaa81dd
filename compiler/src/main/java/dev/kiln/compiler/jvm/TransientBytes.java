package dev.kiln.compiler.jvm;

import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.List;

/** How much scratch memory the statements of a kernel need while they run. */
final class TransientBytes {
  /** Lane buffers and accumulators of nests, and values to print. */
  static final long NEST = 16 << 10;

  private TransientBytes() {}

  static long of(LoopKernel kernel, EmissionOptions options) {
    return Math.max(NEST, dots(kernel.body(), options));
  }

  private static long dots(List<LoopStmt> statements, EmissionOptions options) {
    return statements.stream().mapToLong(s -> dots(s, options)).max().orElse(0);
  }

  private static long dots(LoopStmt statement, EmissionOptions options) {
    return switch (statement) {
      case LoopStmt.Dot d -> DotEmitter.transientBytes(d, options);
      case LoopStmt.For f -> dots(f.body(), options);
      case LoopStmt.While w -> Math.max(dots(w.before(), options), dots(w.body(), options));
      case LoopStmt.If i -> Math.max(dots(i.thenBody(), options), dots(i.elseBody(), options));
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
