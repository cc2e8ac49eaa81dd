package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.syntax.Expr;
import java.util.Optional;
import java.util.Set;

/** What annotations of parameters and variables say. */
final class Annotations {
  private static final Set<String> CONSTEXPR =
      Set.of("triton.language.constexpr", "triton.language.core.constexpr", "triton.constexpr");

  private Annotations() {}

  /** Whether the annotation is {@code tl.constexpr}, as a name or as a string. */
  static boolean isConstexpr(ModuleScope module, Expr annotation) {
    if (annotation instanceof Expr.StrLit text) {
      return text.value().endsWith("constexpr");
    }
    return module.qualifiedName(annotation).filter(CONSTEXPR::contains).isPresent();
  }

  /** Whether the annotation says that a pointer is only read through. */
  static boolean isConst(ModuleScope module, Expr annotation) {
    if (annotation instanceof Expr.StrLit text) {
      return text.value().startsWith("*k");
    }
    return module.qualifiedName(annotation).filter("triton.language.const"::equals).isPresent();
  }

  /** The number type that an annotation such as {@code tl.int64} or {@code "i64"} names. */
  static Optional<DType> dtype(ModuleScope module, Expr annotation) {
    if (annotation instanceof Expr.StrLit text) {
      return DType.parse(text.value());
    }
    return module
        .qualifiedName(annotation)
        .flatMap(Builtins::resolve)
        .filter(FrontValue.Constexpr.class::isInstance)
        .map(value -> ((FrontValue.Constexpr) value).value())
        .filter(DType.class::isInstance)
        .map(DType.class::cast);
  }
}
