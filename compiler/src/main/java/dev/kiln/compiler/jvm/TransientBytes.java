package dev.kiln.compiler.jvm;

import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.List;
import java.util.stream.Stream;

/** How much scratch memory the statements of a kernel need while they run. */
final class TransientBytes {
  /** Lane buffers and accumulators of nests, and values to print. */
  static final long NEST = 16 << 10;

  private TransientBytes() {}

  static long of(LoopKernel kernel) {
    return products(kernel.body()).stream()
        .mapToLong(DotEmitter::transientBytes)
        .reduce(NEST, Math::max);
  }

  /** All matrix products, in their order. */
  static List<LoopStmt.Dot> products(List<LoopStmt> statements) {
    return statements.stream().flatMap(s -> products(s).stream()).toList();
  }

  private static List<LoopStmt.Dot> products(LoopStmt statement) {
    return switch (statement) {
      case LoopStmt.Dot d -> List.of(d);
      case LoopStmt.For f -> products(f.body());
      case LoopStmt.While w -> both(w.before(), w.body());
      case LoopStmt.If i -> both(i.thenBody(), i.elseBody());
      case LoopStmt.Scalar _,
          LoopStmt.ReadElement _,
          LoopStmt.WriteElement _,
          LoopStmt.Nest _,
          LoopStmt.Scan _,
          LoopStmt.MapElementwise _,
          LoopStmt.Histogram _,
          LoopStmt.Print _ ->
          List.of();
    };
  }

  private static List<LoopStmt.Dot> both(List<LoopStmt> first, List<LoopStmt> second) {
    return Stream.concat(products(first).stream(), products(second).stream()).toList();
  }
}
