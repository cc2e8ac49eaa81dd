package dev.kiln.runtime;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads a kernel's parameters off its declaration. */
final class KernelParameters {
  private KernelParameters() {}

  static List<KernelParameter> of(KernelDeclaration declaration, PythonEvaluator evaluator) {
    return declaration.function().parameters().stream()
        .map(p -> parameter(declaration, p, evaluator))
        .toList();
  }

  private static KernelParameter parameter(
      KernelDeclaration declaration, Parameter parameter, PythonEvaluator evaluator) {
    KernelDeclaration.JitOptions jit = declaration.jit();
    String annotation = parameter.annotation().map(KernelParameters::annotationName).orElse("");
    boolean specialize = !jit.doNotSpecialize().contains(parameter.name());
    return new KernelParameter(
        parameter.name(),
        declaration.constants().contains(parameter.name()),
        annotation.equals("const") || annotation.startsWith("*k"),
        dtype(annotation),
        specialize,
        specialize && !jit.doNotSpecializeOnAlignment().contains(parameter.name()),
        parameter.defaultValue().flatMap(value -> evaluate(evaluator, value)));
  }

  private static Optional<Object> evaluate(PythonEvaluator evaluator, Expr value) {
    try {
      return Optional.of(evaluator.evaluate(value));
    } catch (PythonError e) {
      // A default that only the host's Python can compute: the caller must pass the argument.
      return Optional.empty();
    }
  }

  /** {@code int64} for {@code tl.int64}, {@code i64} for {@code "i64"}. */
  private static String annotationName(Expr annotation) {
    return switch (annotation) {
      case Expr.Attribute it -> it.name();
      case Expr.Name it -> it.id();
      case Expr.StrLit it -> it.value();
      default -> "";
    };
  }

  private static Optional<DType> dtype(String annotation) {
    return Arrays.stream(DType.values())
        .filter(
            dtype ->
                dtype.shortName().equals(annotation) || dtype.languageName().equals(annotation))
        .findFirst();
  }
}
