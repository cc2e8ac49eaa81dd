package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds out how a kernel uses its parameters: from each place that tells something of a value, back
 * through assignments, arithmetic, loads, calls of helpers and what they return.
 *
 * <p>Each call of a helper is looked at on its own, as if it were written out. Which branch of an
 * {@code if} is taken, and the order of assignments, is not asked.
 */
final class UseTrace {
  /** Calls nested deeper are not looked into; recursion ends here. */
  private static final int DEEPEST = 10;

  private static final int MOST_CALLS = 2000;

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

  private static final Set<String> BITWISE_ATOMICS =
      Set.of("atomic_and", "atomic_or", "atomic_xor");

  private static final Set<String> POINTER_NAMES = Set.of("pointer", "base");

  private static final Set<String> SIZE_TAKERS =
      Set.of(
          "arange",
          "zeros",
          "full",
          "range",
          "static_range",
          "cdiv",
          "make_block_ptr",
          "reshape",
          "broadcast_to");

  /** Functions of which all arguments are integers. */
  private static final Set<String> INTEGER_TAKERS =
      Set.of("arange", "range", "static_range", "cdiv");

  private static final Set<String> INTEGER_GIVERS =
      Set.of("program_id", "num_programs", "arange", "cdiv");

  /** Functions whose result is made of their first argument alone, or is used as that is. */
  private static final Set<String> SHAPERS =
      Set.of(
          "expand_dims",
          "broadcast_to",
          "reshape",
          "view",
          "trans",
          "ravel",
          "sum",
          "max",
          "min",
          "cumsum",
          "multiple_of",
          "max_contiguous",
          "max_constancy",
          "advance",
          "make_block_ptr",
          "make_tensor_descriptor");

  private final ParameterUses found;
  private final List<Comparison> comparisons = new ArrayList<>();
  private int calls;

  private record Comparison(FunctionScope scope, Expr left, Expr right) {}

  private record ScopedName(FunctionScope scope, String name) {}

  UseTrace(ParameterUses found) {
    this.found = found;
  }

  void trace(Stmt.FunctionDef function, FileFunctions functions) {
    visit(FunctionScope.root(function, functions));
    // What is known to be an integer makes one of what it is compared with, and so on.
    for (int round = 0; round < 3; round++) {
      for (Comparison it : comparisons) {
        if (isInteger(it.left, it.scope, new HashSet<>())) {
          mark(it.right, Use.INTEGER, it.scope);
        }
        if (isInteger(it.right, it.scope, new HashSet<>())) {
          mark(it.left, Use.INTEGER, it.scope);
        }
      }
    }
  }

  private void visit(FunctionScope scope) {
    List<Stmt> body = scope.function().body();
    SyntaxWalk.expressions(body, expr -> note(expr, scope));
    SyntaxWalk.statements(
        body,
        statement -> {
          if (statement instanceof Stmt.If branch) {
            mark(branch.test(), Use.TEST, scope);
          }
        });
  }

  private void note(Expr expr, FunctionScope scope) {
    switch (expr) {
      case Expr.Call call -> noteCall(call, scope);
      case Expr.Binary binary -> noteBinary(binary, scope);
      case Expr.Compare compare -> noteCompare(compare, scope);
      case Expr.Bool bool -> bool.values().forEach(value -> mark(value, Use.TEST, scope));
      case Expr.Unary unary when unary.op() == Expr.UnaryOp.NOT ->
          mark(unary.operand(), Use.TEST, scope);
      case Expr.IfExp choice -> mark(choice.test(), Use.TEST, scope);
      case Expr.Attribute element
          when element.name().equals("element_ty")
              && element.value() instanceof Expr.Attribute type
              && type.name().equals("dtype") ->
          mark(type.value(), Use.POINTER, scope);
      default -> {}
    }
  }

  private void noteBinary(Expr.Binary binary, FunctionScope scope) {
    Optional<Use> tells =
        switch (binary.op()) {
          case FLOOR_DIV, MOD -> Optional.of(Use.INTEGER);
          case SHL, SHR -> Optional.of(Use.BITS);
          case BIT_AND, BIT_OR, BIT_XOR ->
              binary.left() instanceof Expr.IntLit || binary.right() instanceof Expr.IntLit
                  ? Optional.of(Use.BITS)
                  : Optional.empty();
          case ADD, SUB, MUL, DIV, POW, MAT_MUL -> Optional.empty();
        };
    for (Expr side : List.of(binary.left(), binary.right())) {
      if (binary.op() != Expr.BinaryOp.ADD && binary.op() != Expr.BinaryOp.SUB) {
        mark(side, Use.NUMBER, scope);
        mark(side, Use.SIZE, scope);
      }
      tells.ifPresent(use -> mark(side, use, scope));
    }
  }

  private void noteCompare(Expr.Compare compare, FunctionScope scope) {
    Expr left = compare.left();
    for (int i = 0; i < compare.comparators().size(); i++) {
      Expr right = compare.comparators().get(i);
      switch (compare.ops().get(i)) {
        case IS, IS_NOT -> {}
        case IN, NOT_IN -> noteTexts(left, right, scope);
        case EQ, NE, LT, LE, GT, GE -> {
          if (left instanceof Expr.StrLit || right instanceof Expr.StrLit) {
            noteTexts(left, right, scope);
            noteTexts(right, left, scope);
          } else {
            mark(left, Use.NUMBER, scope);
            mark(right, Use.NUMBER, scope);
            comparisons.add(new Comparison(scope, left, right));
          }
        }
      }
      left = right;
    }
  }

  private void noteTexts(Expr compared, Expr with, FunctionScope scope) {
    switch (with) {
      case Expr.StrLit it -> {
        mark(compared, Use.TEXT, scope);
        text(compared, it.value(), scope);
      }
      case Expr.TupleExpr it -> it.elements().forEach(each -> noteTexts(compared, each, scope));
      case Expr.ListExpr it -> it.elements().forEach(each -> noteTexts(compared, each, scope));
      case Expr.SetExpr it -> it.elements().forEach(each -> noteTexts(compared, each, scope));
      default -> {}
    }
  }

  /** Says of the parameter that a name stands for that it may be this text. */
  private void text(Expr expr, String text, FunctionScope scope) {
    if (expr instanceof Expr.Name name && scope.isParameter(name.id())) {
      if (scope.caller().isEmpty()) {
        found.addText(name.id(), text);
      } else {
        scope.argument(name.id()).ifPresent(it -> text(it, text, scope.caller().get()));
      }
    }
  }

  private void noteCall(Expr.Call call, FunctionScope scope) {
    Optional<FunctionScope> callee = scope.callee(call, DEEPEST);
    if (callee.isPresent()) {
      if (calls++ < MOST_CALLS) {
        visit(callee.get());
      }
      return;
    }
    String name = lastName(call.function());
    if (POINTER_TAKERS.contains(name)) {
      notePointer(call, name, scope);
    }
    if (call.function() instanceof Expr.Attribute method) {
      noteMethod(call, method, scope);
    }
    for (Expr.Keyword keyword : call.keywords()) {
      switch (keyword.name().orElse("")) {
        case "dtype" -> mark(keyword.value(), Use.DTYPE, scope);
        case "mask" -> mark(keyword.value(), Use.TRUTH, scope);
        case "input_precision" -> noteTexts(keyword.value(), PRECISION, scope);
        default -> {}
      }
    }
    typePosition(name)
        .filter(place -> place < call.args().size())
        .ifPresent(place -> mark(call.args().get(place), Use.DTYPE, scope));
    if (SIZE_TAKERS.contains(name)) {
      call.args().forEach(it -> noteSize(it, scope));
      call.keywords().forEach(keyword -> noteSize(keyword.value(), scope));
    }
    if (INTEGER_TAKERS.contains(name)) {
      call.args().forEach(it -> mark(it, Use.INTEGER, scope));
    }
    if (name.equals("static_range")) {
      call.args().forEach(it -> mark(it, Use.UNROLLED, scope));
    }
  }

  private static final Expr PRECISION = new Expr.StrLit(null, "ieee");

  /** Where a function of the language takes a type without a keyword. */
  private static Optional<Integer> typePosition(String function) {
    return switch (function) {
      case "to", "pointer_type" -> Optional.of(0);
      case "zeros", "cast" -> Optional.of(1);
      case "full" -> Optional.of(2);
      default -> Optional.empty();
    };
  }

  private void notePointer(Expr.Call call, String taker, FunctionScope scope) {
    if (call.function() instanceof Expr.Attribute method
        && method.value() instanceof Expr.Name object
        && scope.binds(object.id())) {
      // A descriptor's method.
      return;
    }
    pointerOperand(call)
        .ifPresent(
            pointer -> {
              mark(pointer, Use.POINTER, scope);
              if (BITWISE_ATOMICS.contains(taker)) {
                mark(pointer, Use.POINTER_TO_INTEGERS, scope);
              }
            });
    if (taker.equals("load") && call.args().size() > 1) {
      mark(call.args().get(1), Use.TRUTH, scope);
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

  private void noteMethod(Expr.Call call, Expr.Attribute method, FunctionScope scope) {
    if (method.name().startsWith("to") || method.name().equals("element_ty")) {
      mark(method.value(), Use.NUMBER, scope);
    }
    if (!method.name().equals("to") || call.args().isEmpty()) {
      return;
    }
    Expr type = call.args().getFirst();
    boolean bitcast =
        call.keywords().stream().anyMatch(it -> it.name().filter("bitcast"::equals).isPresent());
    if (isCall(type, "pointer_type") || (bitcast && lastName(type).equals("float64"))) {
      mark(method.value(), Use.LONG, scope);
    } else if (lastName(type).matches("u?int\\d+") || bitcast) {
      markLoaded(method.value(), scope);
    }
  }

  /** What is loaded only to be made an integer was one before, if nothing else is known of it. */
  private void markLoaded(Expr expr, FunctionScope scope) {
    if (isCall(expr, "load")) {
      mark(expr, Use.INTEGER, scope);
    }
  }

  private void noteSize(Expr expr, FunctionScope scope) {
    mark(expr, Use.SIZE, scope);
    if (expr instanceof Expr.TupleExpr tuple) {
      tuple.elements().forEach(it -> noteSize(it, scope));
    } else if (expr instanceof Expr.ListExpr list) {
      list.elements().forEach(it -> noteSize(it, scope));
    }
  }

  /** Says that an expression's value is used in a way, and so what it is made of. */
  private void mark(Expr expr, Use use, FunctionScope scope) {
    if (expr instanceof Expr.Name name) {
      markName(name.id(), use, scope);
      return;
    }
    if (!use.flows()) {
      return;
    }
    switch (expr) {
      case Expr.Binary it -> markOperands(it, use, scope);
      case Expr.Unary it when it.op() != Expr.UnaryOp.NOT -> mark(it.operand(), use, scope);
      case Expr.Subscript it -> mark(it.value(), use, scope);
      case Expr.IfExp it -> {
        mark(it.body(), use, scope);
        mark(it.orElse(), use, scope);
      }
      case Expr.Call it -> markCall(it, use, FunctionScope.Value.WHOLE, scope);
      default -> {}
    }
  }

  private void markName(String name, Use use, FunctionScope scope) {
    if (!scope.binds(name) || !scope.note(name, use)) {
      return;
    }
    if (scope.isParameter(name)) {
      if (scope.caller().isEmpty()) {
        found.add(name, use);
      } else {
        scope.argument(name).ifPresent(it -> mark(it, use, scope.caller().get()));
      }
    }
    for (FunctionScope.Value value : scope.values(name)) {
      if (value.element() == FunctionScope.Value.WHOLE) {
        mark(value.expr(), use, scope);
      } else if (value.expr() instanceof Expr.Call call && use.flows()) {
        markCall(call, use, value.element(), scope);
      }
    }
    if (use.flows()) {
      Use added = use.isPointer() ? Use.INTEGER : use;
      scope.additions(name).forEach(it -> mark(it, added, scope));
    }
  }

  private void markOperands(Expr.Binary binary, Use use, FunctionScope scope) {
    switch (binary.op()) {
      case ADD, SUB -> {
        // The first term of a sum is where a pointer stands in pointer arithmetic.
        mark(binary.left(), use, scope);
        mark(binary.right(), use.isPointer() ? Use.INTEGER : whole(use), scope);
      }
      case MUL, FLOOR_DIV, MOD -> {
        mark(binary.left(), whole(use), scope);
        mark(binary.right(), whole(use), scope);
      }
      case BIT_AND, BIT_OR, BIT_XOR, SHL, SHR -> {
        if (!use.isPointer()) {
          Use operands = use == Use.INTEGER ? Use.BITS : use;
          mark(binary.left(), operands, scope);
          mark(binary.right(), operands, scope);
        }
      }
      case DIV, POW, MAT_MUL -> {}
    }
  }

  /** What arithmetic leaves of a use. */
  private static Use whole(Use use) {
    return use == Use.BITS || use == Use.TRUTH || use.isPointer() ? Use.INTEGER : use;
  }

  private void markCall(Expr.Call call, Use use, int element, FunctionScope scope) {
    Optional<FunctionScope> callee = scope.callee(call, DEEPEST);
    if (callee.isPresent()) {
      for (Expr returned : callee.get().returned()) {
        FunctionScope.Value value =
            element == FunctionScope.Value.WHOLE
                ? new FunctionScope.Value(returned, element)
                : FunctionScope.element(returned, element);
        if (value.element() == FunctionScope.Value.WHOLE) {
          mark(value.expr(), use, callee.get());
        }
      }
      return;
    }
    if (element != FunctionScope.Value.WHOLE) {
      return;
    }
    String name = lastName(call.function());
    switch (name) {
      case "load" ->
          use.ofPointer()
              .ifPresent(pointer -> pointerOperand(call).ifPresent(it -> mark(it, pointer, scope)));
      case "where" -> call.args().stream().skip(1).forEach(it -> mark(it, use, scope));
      case "minimum", "maximum" -> call.args().forEach(it -> mark(it, use, scope));
      case "max", "min" -> {
        // Either the built-in function of scalars, or a reduction.
        if (call.function() instanceof Expr.Name) {
          call.args().forEach(it -> mark(it, use, scope));
        } else {
          call.args().stream().limit(1).forEach(it -> mark(it, use, scope));
        }
      }
      case "to" -> {
        if (call.function() instanceof Expr.Attribute method && !call.args().isEmpty()) {
          markCast(method.value(), call.args().getFirst(), use, scope);
        }
      }
      case "cast" -> {
        if (call.args().size() > 1) {
          markCast(call.args().getFirst(), call.args().get(1), use, scope);
        }
      }
      default -> {
        if (name.startsWith("atomic_") && use.ofPointer().isPresent()) {
          pointerOperand(call).ifPresent(it -> mark(it, Use.POINTER_TO_INTEGERS, scope));
        } else if (SHAPERS.contains(name)) {
          markShaped(call, use, scope);
        }
      }
    }
  }

  private void markShaped(Expr.Call call, Use use, FunctionScope scope) {
    boolean isMethod =
        call.function() instanceof Expr.Attribute method
            && method.value() instanceof Expr.Name object
            && scope.binds(object.id());
    if (isMethod) {
      mark(((Expr.Attribute) call.function()).value(), use, scope);
    } else {
      pointerOperand(call).ifPresent(it -> mark(it, use, scope));
    }
  }

  /** Casts keep pointers pointers, and among integers hide nothing but the width. */
  private void markCast(Expr value, Expr type, Use use, FunctionScope scope) {
    if (use == Use.POINTER) {
      mark(value, use, scope);
    } else if (!use.isPointer()
        && use != Use.TRUTH
        && (lastName(type).matches("u?int\\d+") || isElementType(type))) {
      mark(value, use == Use.LONG ? Use.INTEGER : use, scope);
    }
  }

  private static boolean isElementType(Expr type) {
    return lastName(type).equals("dtype") || lastName(type).equals("element_ty");
  }

  /**
   * Whether an expression's value is known to be an integer.
   *
   * @param asked the names that were looked at on the way, and are not looked at again
   */
  private boolean isInteger(Expr expr, FunctionScope scope, Set<ScopedName> asked) {
    return switch (expr) {
      case Expr.Name it -> isIntegerName(it.id(), scope, asked);
      case Expr.Binary it ->
          switch (it.op()) {
            case FLOOR_DIV, MOD, SHL, SHR -> true;
            case ADD, SUB, MUL ->
                isInteger(it.left(), scope, asked)
                    && (it.right() instanceof Expr.IntLit || isInteger(it.right(), scope, asked));
            case DIV, POW, MAT_MUL, BIT_AND, BIT_OR, BIT_XOR -> false;
          };
      case Expr.Unary it when it.op() != Expr.UnaryOp.NOT -> isInteger(it.operand(), scope, asked);
      case Expr.Subscript it -> isInteger(it.value(), scope, asked);
      case Expr.Call it -> {
        String name = lastName(it.function());
        yield INTEGER_GIVERS.contains(name)
            || (name.equals("to")
                && !it.args().isEmpty()
                && lastName(it.args().getFirst()).matches("u?int\\d+"));
      }
      default -> false;
    };
  }

  private boolean isIntegerName(String name, FunctionScope scope, Set<ScopedName> asked) {
    if (scope.isCounter(name)
        || scope.isNoted(name, Use.INTEGER)
        || scope.isNoted(name, Use.LONG)) {
      return true;
    }
    if (!asked.add(new ScopedName(scope, name))) {
      return false;
    }
    return scope.values(name).stream()
            .anyMatch(
                value ->
                    value.element() == FunctionScope.Value.WHOLE
                        && isInteger(value.expr(), scope, asked))
        || scope
            .argument(name)
            .filter(it -> isInteger(it, scope.caller().orElseThrow(), asked))
            .isPresent();
  }

  private static boolean isCall(Expr expr, String function) {
    return expr instanceof Expr.Call call && lastName(call.function()).equals(function);
  }

  static String lastName(Expr expr) {
    return switch (expr) {
      case Expr.Attribute it -> it.name();
      case Expr.Name it -> it.id();
      case Expr.StrLit it -> it.value();
      default -> "";
    };
  }
}
