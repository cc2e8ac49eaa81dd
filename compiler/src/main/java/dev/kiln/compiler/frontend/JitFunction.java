package dev.kiln.compiler.frontend;

import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Map;

/**
 * A function of a kernel file that a kernel can call: one decorated with {@code triton.jit}, or one
 * of the prelude. Each call runs its body in place.
 *
 * @param mode {@link Frame.Mode#FUNCTION}, or {@link Frame.Mode#CONSTANT} for a method that runs at
 *     compile time
 */
record JitFunction(Stmt.FunctionDef definition, ModuleScope module, Frame.Mode mode)
    implements FrontValue.Callable {
  @Override
  public String name() {
    return definition.name();
  }

  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return ((Interpreter) context).inline(this, args, kwargs);
  }

  // One function of a file is one value, however often its name is looked up.
  @Override
  public boolean equals(Object other) {
    return other instanceof JitFunction that && definition == that.definition;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(definition);
  }

  @Override
  public String toString() {
    return "function " + name();
  }
}
