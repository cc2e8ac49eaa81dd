package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.Builtins;
import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.python.PythonNumbers;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Functions of Python that kernels may call. */
final class PythonOperations {
  private PythonOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.PYTHON, "builtins")
        .add("len(obj)", "", PythonOperations::len)
        .add("min(*args)", "constants, numbers", args -> extreme(args, false))
        .note("tl.minimum where a value is not constant")
        .add("max(*args)", "constants, numbers", args -> extreme(args, true))
        .note("tl.maximum where a value is not constant")
        .add("abs(x)", "constants, numbers", PythonOperations::abs)
        .add("sum(iterable, start=0)", "constants, numbers", PythonOperations::sum)
        .add("int(x=0)", "constants", PythonOperations::toInt)
        .add("float(x=0)", "constants", PythonOperations::toFloat)
        .add("bool(x=False)", "constants", PythonOperations::toBool)
        .add("str(object='')", "constants", PythonOperations::toText)
        .add("tuple(iterable=())", "", args -> new TupleValue(args.items("iterable")))
        .add("list(iterable=())", "", args -> new TupleValue(args.items("iterable")))
        .add("isinstance(obj, classinfo)", "", PythonOperations::isInstance)
        .add("getattr(obj, name, *default)", "", PythonOperations::getAttribute)
        .add("hasattr(obj, name)", "", PythonOperations::hasAttribute)
        .add(
            "print(*args, sep=' ', end='', file=None, flush=False, hex=False)",
            "numbers",
            PythonOperations::print)
        .note("tl.device_print");
    table
        .rows(Category.PYTHON, "triton")
        .add("cdiv(x, y)", "integers", PythonOperations::cdiv)
        .note("constants, or as tl.cdiv")
        .add("next_power_of_2(n)", "constants", PythonOperations::nextPowerOfTwo);
  }

  private static FrontValue len(Arguments args) {
    FrontValue value = args.value("obj");
    if (value instanceof Constexpr constant && constant.value() instanceof String text) {
      return new Constexpr((long) text.codePointCount(0, text.length()));
    }
    int size =
        Sequences.items(value)
            .orElseThrow(() -> args.error(Typing.describe(value) + " has no length"))
            .size();
    return new Constexpr((long) size);
  }

  private static FrontValue extreme(Arguments args, boolean max) {
    FrontContext ctx = args.context();
    List<FrontValue> items = args.spread("args");
    if (items.isEmpty()) {
      throw args.error("needs at least one value");
    }
    FrontValue best = items.getFirst();
    for (FrontValue item : items.subList(1, items.size())) {
      if (best instanceof Constexpr && item instanceof Constexpr) {
        FrontValue better =
            OperatorRules.compare(ctx, max ? CompareOp.GT : CompareOp.LT, item, best);
        best = ((Constexpr) better).value().equals(true) ? item : best;
      } else {
        best =
            OperationTable.instance()
                .find("triton.language." + (max ? "maximum" : "minimum"))
                .orElseThrow()
                .call(ctx, List.of(best, item), Map.of());
      }
    }
    return best;
  }

  private static FrontValue abs(Arguments args) {
    FrontContext ctx = args.context();
    if (args.value("x") instanceof Constexpr constant) {
      boolean negative =
          ((Constexpr) OperatorRules.compare(ctx, CompareOp.LT, constant, new Constexpr(0L)))
              .value()
              .equals(true);
      return negative
          ? OperatorRules.unary(ctx, dev.kiln.compiler.syntax.Expr.UnaryOp.MINUS, constant)
          : constant;
    }
    Tensor x = args.tensor("x");
    return x.type().dtype().isUnsigned() || x.type().dtype().isBool()
        ? x
        : MathOperations.apply(ctx, UnaryKind.ABS, x);
  }

  private static FrontValue sum(Arguments args) {
    FrontValue total = args.value("start");
    for (FrontValue item : args.items("iterable")) {
      total = OperatorRules.binary(args.context(), BinaryOp.ADD, total, item);
    }
    return total;
  }

  // ---- conversions of constants

  private static Object constant(Arguments args, String name, String hint) {
    FrontValue value = args.value(name);
    if (value instanceof Constexpr constant) {
      return constant.value();
    }
    throw args.error("needs a compile-time constant, got " + Typing.describe(value), hint);
  }

  private static FrontValue toInt(Arguments args) {
    Object value = constant(args, "x", "write x.to(tl.int32)");
    if (value instanceof Double number) {
      if (!Double.isFinite(number)) {
        throw args.error("cannot convert " + PythonValues.repr(number) + " to an integer");
      }
      return new Constexpr(PythonNumbers.normalised(new BigDecimal(number).toBigInteger()));
    }
    return new Constexpr(
        PythonValues.integer(value)
            .map(PythonNumbers::normalised)
            .orElseThrow(
                () -> args.error("needs a number, got " + Typing.describe(args.value("x")))));
  }

  private static FrontValue toFloat(Arguments args) {
    Object value = constant(args, "x", "write x.to(tl.float32)");
    if (value instanceof String text) {
      return new Constexpr(parse(args, text));
    }
    return new Constexpr(PythonValues.guarded(args.context(), () -> PythonNumbers.real(value)));
  }

  private static double parse(Arguments args, String text) {
    String name = text.strip().toLowerCase(Locale.ROOT).replace("_", "");
    return switch (name) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan", "+nan", "-nan" -> Double.NaN;
      default -> {
        try {
          yield Double.parseDouble(name);
        } catch (NumberFormatException e) {
          throw args.error("could not convert string to float: '" + text + "'");
        }
      }
    };
  }

  private static FrontValue toBool(Arguments args) {
    FrontValue value = args.value("x");
    Optional<List<FrontValue>> items = Sequences.items(value);
    if (items.isPresent()) {
      return new Constexpr(!items.get().isEmpty());
    }
    return new Constexpr(PythonValues.isTrue(args.context(), constant(args, "x", "write x != 0")));
  }

  private static FrontValue toText(Arguments args) {
    FrontValue value = args.value("object");
    return new Constexpr(
        value instanceof Constexpr constant
            ? PythonValues.str(constant.value())
            : Typing.describe(value));
  }

  // ---- questions about values

  private static FrontValue isInstance(Arguments args) {
    FrontValue classes = args.value("classinfo");
    for (FrontValue one : Sequences.items(classes).orElse(List.of(classes))) {
      if (!(one instanceof FrontValue.Callable callable)) {
        throw args.error("'classinfo' must be a class, got " + Typing.describe(one));
      }
      if (TypeOperations.isInstance(args.value("obj"), callable.name())) {
        return new Constexpr(true);
      }
    }
    return new Constexpr(false);
  }

  private static FrontValue getAttribute(Arguments args) {
    List<FrontValue> otherwise = args.items("default");
    if (otherwise.isEmpty()) {
      return Builtins.attribute(args.context(), args.value("obj"), args.text("name"))
          .orElseThrow(
              () ->
                  args.error(
                      "%s has no attribute '%s'"
                          .formatted(Typing.describe(args.value("obj")), args.text("name"))));
    }
    return attribute(args).orElse(otherwise.getFirst());
  }

  private static FrontValue hasAttribute(Arguments args) {
    return new Constexpr(attribute(args).isPresent());
  }

  private static Optional<FrontValue> attribute(Arguments args) {
    try {
      return Builtins.attribute(args.context(), args.value("obj"), args.text("name"));
    } catch (CompilationException absent) {
      return Optional.empty();
    }
  }

  private static FrontValue print(Arguments args) {
    List<FrontValue> items = new ArrayList<>(args.items("args"));
    boolean prefixed =
        !items.isEmpty()
            && items.getFirst() instanceof Constexpr constant
            && constant.value() instanceof String;
    if (!prefixed) {
      items.addFirst(new Constexpr(""));
    }
    return OperationTable.instance()
        .find("triton.language.device_print")
        .orElseThrow()
        .call(args.context(), items, Map.of("hex", args.value("hex")));
  }

  // ---- host functions

  private static FrontValue cdiv(Arguments args) {
    return args.context().callPrelude("cdiv", List.of(args.value("x"), args.value("y")), Map.of());
  }

  private static FrontValue nextPowerOfTwo(Arguments args) {
    int n = args.integer("n");
    return new Constexpr(n <= 1 ? (long) Math.max(n, 0) : Long.highestOneBit(n - 1L) << 1);
  }
}
