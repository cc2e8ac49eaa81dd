package dev.kiln.compiler.frontend;

import dev.kiln.compiler.syntax.Stmt;
import java.util.List;

/** Whether statements hold a {@code return} of their function, as far as their text tells. */
final class Returning {
  private Returning() {}

  static boolean mayReturn(Stmt statement) {
    return switch (statement) {
      case Stmt.Return leave -> true;
      case Stmt.If branch -> mayReturn(branch.body()) || mayReturn(branch.orElse());
      case Stmt.For loop -> mayReturn(loop.body());
      case Stmt.While loop -> mayReturn(loop.body());
      case Stmt.With with -> mayReturn(with.body());
      // A nested function is refused before its own returns could count.
      default -> false;
    };
  }

  private static boolean mayReturn(List<Stmt> statements) {
    return statements.stream().anyMatch(Returning::mayReturn);
  }
}
