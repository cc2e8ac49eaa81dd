package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.ops.Attributes;
import dev.kiln.compiler.frontend.ops.Namespaces;
import dev.kiln.compiler.frontend.ops.Subscripts;
import java.util.List;
import java.util.Optional;

/** What the language itself offers: functions, types, constants, methods, attributes, indexing. */
public final class Builtins {
  private Builtins() {}

  /**
   * The thing of that name in {@code triton}, {@code triton.language} or one of its modules, or a
   * builtin of Python as {@code builtins.len}. Modules are {@link FrontValue.Namespace}s.
   *
   * @param qualifiedPath for instance {@code triton.language.math.exp}; import aliases are resolved
   *     by the caller
   * @return empty where there is no such thing
   */
  public static Optional<FrontValue> resolve(String qualifiedPath) {
    return Namespaces.resolve(qualifiedPath).or(() -> AggregateReplace.named(qualifiedPath));
  }

  /**
   * {@code value.name} for namespaces, tensors, constants, types, tuples, block pointers,
   * descriptors, aggregates and imported kernel files.
   *
   * @return empty for values of other kinds, and for namespaces other than Triton's
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a value of these kinds has no
   *     such attribute, with the nearest names as a hint
   */
  public static Optional<FrontValue> attribute(FrontContext ctx, FrontValue value, String name) {
    if (value instanceof Attributed own && ctx instanceof Interpreter interpreter) {
      return Optional.of(own.attribute(interpreter, name));
    }
    if (value instanceof FrontValue.Namespace namespace) {
      Optional<FrontValue> replace = AggregateReplace.named(namespace.path() + "." + name);
      return replace.isPresent() ? replace : Attributes.find(ctx, value, name);
    }
    return Attributes.find(ctx, value, name);
  }

  /** {@code value[indices]} for tensors, tuples and constants. */
  public static FrontValue subscript(
      FrontContext ctx, FrontValue value, List<SubscriptIndex> indices) {
    return Subscripts.find(ctx, value, indices);
  }
}
