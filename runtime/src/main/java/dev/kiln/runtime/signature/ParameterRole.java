package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  private static final Set<String> POINTER_TAKERS =
      Set.of(
          "load",
          "store",
          "make_block_ptr",
          "make_tensor_descriptor",
          "atomic_add",
          "atomic_max",
          "atomic_min",
          "atomic_and",
          "atomic_or",
          "atomic_xor",
          "atomic_xchg",
          "atomic_cas");

  private static final Set<String> POINTER_NAMES = Set.of("pointer", "base");

  private final String javaType;

  ParameterRole(String javaType) {
    this.javaType = javaType;
  }

  /** The type of a Java parameter for it. */
  public String javaType() {
    return javaType;
  }

  /** The roles of a function's parameters by name. */
  public static Map<String, ParameterRole> of(Stmt.FunctionDef function) {
    var uses = new Uses();
    SyntaxWalk.expressions(function.body(), uses::note);
    uses.followAssignments(function.body());
    Map<String, ParameterRole> roles = new HashMap<>();
    for (Parameter parameter : function.parameters()) {
      roles.put(parameter.name(), role(parameter, uses));
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

  private static ParameterRole role(Parameter parameter, Uses uses) {
    String annotation = parameter.annotation().map(ParameterRole::lastName).orElse("");
    String name = parameter.name();
    if (annotation.equals("constexpr")) {
      return constant(parameter, uses);
    }
    if (annotation.startsWith("*") || uses.pointers.contains(name)) {
      return ARRAY;
    }
    if (annotation.matches("u?int\\d+|[iu]\\d+|int")) {
      return INTEGER;
    }
    if (annotation.matches("b?float\\d+|[bf]p?\\d+|float")) {
      return FLOAT;
    }
    return looksLikePointer(name) && !uses.numbers.contains(name) ? ARRAY : NUMBER;
  }

  private static ParameterRole constant(Parameter parameter, Uses uses) {
    String name = parameter.name();
    Expr fallback = parameter.defaultValue().orElse(null);
    if (fallback instanceof Expr.StrLit || uses.texts.contains(name)) {
      return TEXT;
    }
    if (uses.dtypes.contains(name)) {
      return DTYPE;
    }
    if (fallback instanceof Expr.BoolLit
        || (uses.tests.contains(name) && !uses.numbers.contains(name))) {
      return FLAG;
    }
    return fallback instanceof Expr.IntLit || uses.sizes.contains(name)
        ? INTEGER_CONSTANT
        : CONSTANT;
  }

  /** The naming custom of kernels, for pointers that are only handed on to helpers. */
  private static boolean looksLikePointer(String name) {
    return name.endsWith("_ptr")
        || name.endsWith("_ptrs")
        || name.matches("[A-Z]")
        || name.endsWith("Ptr");
  }

  private static String lastName(Expr annotation) {
    return switch (annotation) {
      case Expr.Attribute it -> it.name();
      case Expr.Name it -> it.id();
      case Expr.StrLit it -> it.value();
      default -> "";
    };
  }

  /** How names are used in a body. */
  private static final class Uses {
    final Set<String> pointers = new HashSet<>();
    final Set<String> numbers = new HashSet<>();
    final Set<String> sizes = new HashSet<>();
    final Set<String> tests = new HashSet<>();
    final Set<String> texts = new HashSet<>();
    final Set<String> dtypes = new HashSet<>();

    void note(Expr expr) {
      switch (expr) {
        case Expr.Call call -> noteCall(call);
        case Expr.Binary binary
            when binary.op() != Expr.BinaryOp.ADD && binary.op() != Expr.BinaryOp.SUB -> {
          name(binary.left(), numbers);
          name(binary.right(), numbers);
          name(binary.left(), sizes);
          name(binary.right(), sizes);
        }
        case Expr.Compare compare -> noteCompare(compare);
        case Expr.Bool bool -> bool.values().forEach(value -> name(value, tests));
        case Expr.Unary unary when unary.op() == Expr.UnaryOp.NOT -> name(unary.operand(), tests);
        case Expr.IfExp choice -> name(choice.test(), tests);
        default -> {}
      }
    }

    private void noteCall(Expr.Call call) {
      String callee = lastName(call.function());
      if (POINTER_TAKERS.contains(callee)) {
        pointerOperand(call).ifPresent(pointer -> name(leftmost(pointer), pointers));
      }
      if (call.function() instanceof Expr.Attribute method
          && (method.name().startsWith("to") || method.name().equals("element_ty"))) {
        name(method.value(), numbers);
      }
      if (callee.equals("to") && !call.args().isEmpty()) {
        name(call.args().getFirst(), dtypes);
      }
      call.keywords().stream()
          .filter(keyword -> keyword.name().filter("dtype"::equals).isPresent())
          .forEach(keyword -> name(keyword.value(), dtypes));
      if (Set.of(
              "arange",
              "zeros",
              "full",
              "range",
              "static_range",
              "cdiv",
              "make_block_ptr",
              "reshape",
              "broadcast_to")
          .contains(callee)) {
        call.args().forEach(this::noteSize);
        call.keywords().forEach(keyword -> noteSize(keyword.value()));
      }
    }

    /** The first argument, by position or by one of its names. */
    private static Optional<Expr> pointerOperand(Expr.Call call) {
      if (!call.args().isEmpty()) {
        return Optional.of(call.args().getFirst());
      }
      return call.keywords().stream()
          .filter(keyword -> keyword.name().filter(POINTER_NAMES::contains).isPresent())
          .map(Expr.Keyword::value)
          .findFirst();
    }

    private void noteSize(Expr expr) {
      name(expr, sizes);
      if (expr instanceof Expr.TupleExpr tuple) {
        tuple.elements().forEach(this::noteSize);
      } else if (expr instanceof Expr.ListExpr list) {
        list.elements().forEach(this::noteSize);
      }
    }

    private void noteCompare(Expr.Compare compare) {
      boolean text = compare.comparators().stream().anyMatch(Expr.StrLit.class::isInstance);
      boolean identity =
          compare.ops().stream()
              .anyMatch(op -> op == Expr.CompareOp.IS || op == Expr.CompareOp.IS_NOT);
      if (text) {
        name(compare.left(), texts);
      } else if (!identity) {
        name(compare.left(), numbers);
        compare.comparators().forEach(comparator -> name(comparator, numbers));
      }
    }

    /**
     * A local that is used as a pointer makes a pointer of the name that its value starts with; and
     * tests of {@code if} statements are tests.
     */
    void followAssignments(List<Stmt> body) {
      int before;
      do {
        before = pointers.size();
        visitStatements(body);
      } while (pointers.size() > before);
    }

    private void visitStatements(List<Stmt> body) {
      for (Stmt statement : body) {
        switch (statement) {
          case Stmt.Assign it
              when it.targets().size() == 1
                  && it.targets().getFirst() instanceof Expr.Name target
                  && pointers.contains(target.id()) ->
              name(leftmost(it.value()), pointers);
          case Stmt.If it -> {
            name(it.test(), tests);
            visitStatements(it.body());
            visitStatements(it.orElse());
          }
          case Stmt.For it -> visitStatements(it.body());
          case Stmt.While it -> visitStatements(it.body());
          case Stmt.With it -> visitStatements(it.body());
          default -> {}
        }
      }
    }

    /**
     * The first term of a sum: where a pointer stands in pointer arithmetic. Casts of pointers are
     * looked through.
     */
    private static Expr leftmost(Expr expr) {
      return switch (expr) {
        case Expr.Binary it when it.op() == Expr.BinaryOp.ADD || it.op() == Expr.BinaryOp.SUB ->
            leftmost(it.left());
        case Expr.Call it
            when it.function() instanceof Expr.Attribute method && method.name().equals("to") ->
            leftmost(method.value());
        default -> expr;
      };
    }

    private static void name(Expr expr, Set<String> into) {
      if (expr instanceof Expr.Name name) {
        into.add(name.id());
      }
    }
  }
}
