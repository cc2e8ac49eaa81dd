package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a parameter of a kernel takes, as far as the kernel's text tells, and the Java type for it.
 */
public enum ParameterRole {
  ARRAY("NdArray"),
  NUMBER("Number"),
  INTEGER("long"),
  FLOAT("double"),
  FLAG("boolean"),
  TEXT("String"),
  DTYPE("dev.kiln.compiler.ir.DType"),
  INTEGER_CONSTANT("int"),
  CONSTANT("Object");

  private final String javaType;

  ParameterRole(String javaType) {
    this.javaType = javaType;
  }

  /** The type of a Java parameter for it. */
  public String javaType() {
    return javaType;
  }

  /**
   * The roles of a function's parameters by name.
   *
   * @param functions what the function can call: a parameter that is only handed on takes what the
   *     callee takes
   */
  public static Map<String, ParameterRole> of(Stmt.FunctionDef function, FileFunctions functions) {
    return of(function, ParameterUses.of(function, functions));
  }

  static Map<String, ParameterRole> of(Stmt.FunctionDef function, ParameterUses uses) {
    boolean namesPointers =
        function.parameters().stream().anyMatch(it -> isNamedPointer(it.name()));
    Map<String, ParameterRole> roles = new HashMap<>();
    for (Parameter parameter : function.parameters()) {
      roles.put(parameter.name(), role(parameter, uses, namesPointers));
    }
    return roles;
  }

  /** Whether a function of this body gives its caller values, so that it cannot be launched. */
  public static boolean returnsValue(List<Stmt> body) {
    return body.stream()
        .anyMatch(
            statement ->
                switch (statement) {
                  case Stmt.Return it -> it.value().isPresent();
                  case Stmt.If it -> returnsValue(it.body()) || returnsValue(it.orElse());
                  case Stmt.With it -> returnsValue(it.body());
                  default -> false;
                });
  }

  private static ParameterRole role(
      Parameter parameter, ParameterUses uses, boolean namesPointers) {
    String annotation = parameter.annotation().map(UseTrace::lastName).orElse("");
    String name = parameter.name();
    if (annotation.equals("constexpr")) {
      return constant(parameter, uses);
    }
    if (annotation.startsWith("*") || uses.has(name, Use.POINTER)) {
      return ARRAY;
    }
    if (annotation.matches("u?int\\d+|[iu]\\d+|int")) {
      return INTEGER;
    }
    if (annotation.matches("b?float\\d+|[bf]p?\\d+|float")) {
      return FLOAT;
    }
    // The naming custom of kernels, for pointers whose use cannot be followed. Where pointers are
    // named so, or where anything tells of a number, a capital letter is a size.
    boolean looksLikePointer =
        isNamedPointer(name)
            || (name.matches("[A-Z]")
                && !namesPointers
                && !uses.hasAny(name, Use.SIZE, Use.INTEGER, Use.LONG, Use.BITS));
    return looksLikePointer && !uses.has(name, Use.NUMBER) ? ARRAY : NUMBER;
  }

  private static ParameterRole constant(Parameter parameter, ParameterUses uses) {
    String name = parameter.name();
    Expr fallback = parameter.defaultValue().orElse(null);
    if (fallback instanceof Expr.StrLit || uses.has(name, Use.TEXT)) {
      return TEXT;
    }
    if (uses.has(name, Use.DTYPE)) {
      return DTYPE;
    }
    if (fallback instanceof Expr.BoolLit
        || (uses.has(name, Use.TEST) && !uses.has(name, Use.NUMBER))) {
      return FLAG;
    }
    return fallback instanceof Expr.IntLit || uses.has(name, Use.SIZE)
        ? INTEGER_CONSTANT
        : CONSTANT;
  }

  private static boolean isNamedPointer(String name) {
    return name.endsWith("_ptr") || name.endsWith("_ptrs") || name.endsWith("Ptr");
  }
}
