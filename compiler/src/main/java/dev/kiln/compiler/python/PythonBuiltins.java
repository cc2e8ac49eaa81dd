package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Python's built-in types and functions. */
public final class PythonBuiltins {
  private static final Map<String, Object> VALUES = new HashMap<>();

  static {
    types();
    functions();
    for (String exception :
        List.of(
            "Exception",
            "ValueError",
            "TypeError",
            "RuntimeError",
            "NotImplementedError",
            "KeyError",
            "ImportError")) {
      VALUES.put(exception, new PySymbol("builtins." + exception));
    }
    VALUES.put("NotImplemented", new PySymbol("builtins.NotImplemented"));
    VALUES.put("__name__", "kernels");
  }

  private PythonBuiltins() {}

  public static Environment environment() {
    return Environment.of(VALUES);
  }

  private static void type(
      String name,
      java.util.function.Predicate<Object> instances,
      Function<Arguments, Object> constructor) {
    VALUES.put(name, new PyType(name, instances, function(name, constructor)));
  }

  /** A function whose body takes its arguments one by one. */
  static PyCallable function(String name, Function<Arguments, Object> body) {
    return (args, kwargs) -> {
      var arguments = new Arguments(name, args, kwargs);
      Object result = body.apply(arguments);
      arguments.done();
      return result;
    };
  }

  private static void one(String name, Function<Object, Object> body) {
    VALUES.put(
        name,
        (PyCallable)
            (args, kwargs) -> {
              if (args.size() != 1 || !kwargs.isEmpty()) {
                throw PythonError.type(
                    name
                        + "() takes exactly one argument ("
                        + (args.size() + kwargs.size())
                        + " given)");
              }
              return body.apply(args.getFirst());
            });
  }

  private static void define(String name, Function<Arguments, Object> body) {
    VALUES.put(name, function(name, body));
  }

  // ---- types

  private static void types() {
    type("int", PythonNumbers::isInteger, a -> toInt(a.optional("x", 0L), a.optional("base")));
    type("float", Double.class::isInstance, a -> toFloat(a.optional("x", 0.0)));
    type("bool", Boolean.class::isInstance, a -> PythonOperators.truth(a.optional("x", false)));
    type("str", String.class::isInstance, a -> PythonText.str(a.optional("object", "")));
    type("tuple", PyTuple.class::isInstance, a -> new PyTuple(items(a)));
    type("list", PyList.class::isInstance, a -> new PyList(items(a)));
    type("set", PySet.class::isInstance, a -> new PySet(items(a)));
    type("frozenset", PySet.class::isInstance, a -> new PySet(items(a)));
    type("range", PyRange.class::isInstance, PythonBuiltins::range);
    type("slice", PySlice.class::isInstance, PythonBuiltins::slice);
    type(
        "type",
        value -> value instanceof PyType || value instanceof PyClass,
        a -> typeOf(a.required("object")));
    type("object", value -> true, a -> PyNone.NONE);
    VALUES.put("dict", new PyType("dict", PyDict.class::isInstance, PythonBuiltins::dict));
  }

  private static List<Object> items(Arguments arguments) {
    return arguments.optional("iterable").map(PythonOperators::iterate).orElse(List.of());
  }

  private static Object toInt(Object value, Optional<Object> base) {
    return switch (value) {
      case Double number -> PythonNumbers.rounded(number, RoundingMode.DOWN);
      case String text ->
          parseInt(
              text, base.map(b -> (int) PythonNumbers.index(b, "base must be an int")).orElse(10));
      default -> {
        if (!PythonNumbers.isInteger(value)) {
          throw PythonError.type(
              "int() argument must be a string, a bytes-like object or a real number, not '"
                  + PythonText.typeName(value)
                  + "'");
        }
        yield PythonNumbers.normalised(PythonNumbers.big(value));
      }
    };
  }

  private static Object parseInt(String text, int base) {
    String digits = text.strip().replace("_", "").toLowerCase(java.util.Locale.ROOT);
    boolean negative = digits.startsWith("-");
    if (negative || digits.startsWith("+")) {
      digits = digits.substring(1);
    }
    int radix = base;
    for (var prefix : Map.of("0x", 16, "0o", 8, "0b", 2).entrySet()) {
      if (digits.startsWith(prefix.getKey()) && (base == 0 || base == prefix.getValue())) {
        digits = digits.substring(2);
        radix = prefix.getValue();
      }
    }
    try {
      if (digits.isEmpty() || !Character.isLetterOrDigit(digits.charAt(0))) {
        throw new NumberFormatException();
      }
      var value = new BigInteger(digits, radix == 0 ? 10 : radix);
      return PythonNumbers.normalised(negative ? value.negate() : value);
    } catch (NumberFormatException e) {
      throw PythonError.value(
          "invalid literal for int() with base " + base + ": " + PythonText.repr(text));
    }
  }

  private static Object toFloat(Object value) {
    if (!(value instanceof String text)) {
      if (PythonNumbers.isNumber(value)) {
        return PythonNumbers.real(value);
      }
      throw PythonError.type(
          "float() argument must be a string or a real number, not '"
              + PythonText.typeName(value)
              + "'");
    }
    String number = text.strip().toLowerCase(java.util.Locale.ROOT);
    String magnitude =
        number.startsWith("-") || number.startsWith("+") ? number.substring(1) : number;
    double sign = number.startsWith("-") ? -1 : 1;
    return switch (magnitude) {
      case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> {
        if (!magnitude.matches("(\\d[\\d_]*\\.?[\\d_]*|\\.\\d[\\d_]*)(e[+-]?\\d+)?")) {
          throw PythonError.value("could not convert string to float: " + PythonText.repr(text));
        }
        yield sign * Double.parseDouble(magnitude.replace("_", ""));
      }
    };
  }

  private static Object range(Arguments arguments) {
    Object first = arguments.required("start");
    var second = arguments.optional("stop");
    Object step = arguments.optional("step", 1L);
    return second.isEmpty()
        ? new PyRange(0, bound(first), 1)
        : new PyRange(bound(first), bound(second.get()), bound(step));
  }

  private static long bound(Object value) {
    return PythonNumbers.index(
        value, "'" + PythonText.typeName(value) + "' object cannot be interpreted as an integer");
  }

  private static Object slice(Arguments arguments) {
    Object first = arguments.required("start");
    var second = arguments.optional("stop");
    Object step = arguments.optional("step", PyNone.NONE);
    return second.isEmpty()
        ? new PySlice(PyNone.NONE, first, step)
        : new PySlice(first, second.get(), step);
  }

  private static Object typeOf(Object value) {
    Object type = VALUES.get(PythonText.typeName(value));
    return type instanceof PyType ? type : new PySymbol(PythonText.typeName(value));
  }

  private static Object dict(List<Object> args, Map<String, Object> kwargs) {
    var dict = new PyDict();
    ((PyCallable) ContainerMethods.find(dict, "update").orElseThrow()).call(args, kwargs);
    return dict;
  }

  // ---- functions

  private static void functions() {
    one("len", value -> (long) PythonOperators.length(value));
    one("abs", PythonBuiltins::abs);
    define("round", a -> round(a.required("number"), a.optional("ndigits", PyNone.NONE)));
    define("divmod", a -> divmod(a.required("x"), a.required("y")));
    define("pow", a -> pow(a.required("base"), a.required("exp"), a.optional("mod")));
    define("sum", a -> sum(a.required("iterable"), a.optional("start", 0L)));
    define("min", a -> extreme("min", a, Expr.CompareOp.LT));
    define("max", a -> extreme("max", a, Expr.CompareOp.GT));
    define(
        "sorted",
        a ->
            new PyList(
                sorted(
                    PythonOperators.iterate(a.required("iterable")),
                    a.keyword("key"),
                    a.keyword("reverse"))));
    define("reversed", a -> reversed(a.required("sequence")));
    define("enumerate", a -> enumerate(a.required("iterable"), a.optional("start", 0L)));
    define("zip", PythonBuiltins::zip);
    define("map", PythonBuiltins::map);
    define("filter", a -> filter(a.required("function"), a.required("iterable")));
    one("any", items -> PythonOperators.iterate(items).stream().anyMatch(PythonOperators::truth));
    one("all", items -> PythonOperators.iterate(items).stream().allMatch(PythonOperators::truth));
    one("repr", PythonText::repr);
    define(
        "format",
        a -> FormatSpec.format(a.required("value"), PythonText.str(a.optional("format_spec", ""))));
    define("isinstance", a -> isInstance(a.required("obj"), a.required("class_or_tuple")));
    define(
        "hasattr",
        a ->
            PythonAttributes.find(a.required("obj"), PythonText.str(a.required("name")))
                .isPresent());
    define("getattr", PythonBuiltins::getAttribute);
    one("callable", PyCallable.class::isInstance);
    one("bin", number -> FormatSpec.format(number, "#b"));
    one("hex", number -> FormatSpec.format(number, "#x"));
    one("oct", number -> FormatSpec.format(number, "#o"));
    one("ord", text -> (long) PythonText.str(text).codePointAt(0));
    one("chr", code -> Character.toString((int) bound(code)));
    // Output is the host's business, not a constant's.
    VALUES.put("print", (PyCallable) (args, kwargs) -> PyNone.NONE);
  }

  private static Object abs(Object value) {
    if (value instanceof Double number) {
      return Math.abs(number);
    }
    if (!PythonNumbers.isNumber(value)) {
      throw PythonError.type("bad operand type for abs(): '" + PythonText.typeName(value) + "'");
    }
    return PythonNumbers.normalised(PythonNumbers.big(value).abs());
  }

  /** To the nearest, ties to even. */
  private static Object round(Object value, Object digits) {
    if (!PythonNumbers.isNumber(value)) {
      throw PythonError.type(
          "type " + PythonText.typeName(value) + " doesn't define __round__ method");
    }
    if (value instanceof Double number) {
      if (digits == PyNone.NONE) {
        return PythonNumbers.rounded(number, RoundingMode.HALF_EVEN);
      }
      if (!Double.isFinite(number)) {
        return number;
      }
      int scale = Math.clamp(bound(digits), -400, 400);
      return new java.math.BigDecimal(number).setScale(scale, RoundingMode.HALF_EVEN).doubleValue();
    }
    long scale = digits == PyNone.NONE ? 0 : bound(digits);
    var rounded = new java.math.BigDecimal(PythonNumbers.big(value));
    return scale >= 0
        ? PythonNumbers.normalised(rounded.toBigInteger())
        : PythonNumbers.normalised(
            rounded.setScale((int) Math.max(scale, -400), RoundingMode.HALF_EVEN).toBigInteger());
  }

  private static Object divmod(Object x, Object y) {
    return PyTuple.of(
        PythonOperators.binary(Expr.BinaryOp.FLOOR_DIV, x, y),
        PythonOperators.binary(Expr.BinaryOp.MOD, x, y));
  }

  private static Object pow(Object base, Object exponent, Optional<Object> modulus) {
    if (modulus.isEmpty() || modulus.get() == PyNone.NONE) {
      return PythonOperators.binary(Expr.BinaryOp.POW, base, exponent);
    }
    if (!PythonNumbers.isInteger(base)
        || !PythonNumbers.isInteger(exponent)
        || !PythonNumbers.isInteger(modulus.get())) {
      throw PythonError.type("pow() 3rd argument not allowed unless all arguments are integers");
    }
    var mod = PythonNumbers.big(modulus.get());
    if (mod.signum() == 0) {
      throw PythonError.value("pow() 3rd argument cannot be 0");
    }
    var power = PythonNumbers.big(base).modPow(PythonNumbers.big(exponent), mod.abs());
    return PythonNumbers.normalised(
        mod.signum() < 0 && power.signum() > 0 ? power.add(mod) : power);
  }

  private static Object sum(Object items, Object start) {
    Object total = start;
    for (Object item : PythonOperators.iterate(items)) {
      total = PythonOperators.binary(Expr.BinaryOp.ADD, total, item);
    }
    return total;
  }

  private static Object extreme(String name, Arguments arguments, Expr.CompareOp better) {
    var given = arguments.rest();
    if (given.isEmpty()) {
      throw PythonError.type(name + " expected at least 1 argument, got 0");
    }
    var items = given.size() == 1 ? PythonOperators.iterate(given.getFirst()) : given;
    var key = arguments.keyword("key").filter(k -> k != PyNone.NONE);
    var otherwise = arguments.keyword("default");
    if (items.isEmpty()) {
      return otherwise.orElseThrow(() -> PythonError.value(name + "() arg is an empty sequence"));
    }
    Object best = items.getFirst();
    Object bestKey = keyOf(key, best);
    for (Object item : items.subList(1, items.size())) {
      Object itemKey = keyOf(key, item);
      if (PythonOperators.truth(PythonOperators.compare(better, itemKey, bestKey))) {
        best = item;
        bestKey = itemKey;
      }
    }
    return best;
  }

  private static Object keyOf(Optional<Object> key, Object item) {
    return key.map(function -> call(function, item)).orElse(item);
  }

  static Object call(Object function, Object... args) {
    if (function instanceof PyCallable callable) {
      return callable.call(List.of(args), Map.of());
    }
    throw PythonError.type("'" + PythonText.typeName(function) + "' object is not callable");
  }

  /** Stable, as Python's sort is. */
  static List<Object> sorted(List<Object> items, Optional<Object> key, Optional<Object> reverse) {
    var byKey = key.filter(k -> k != PyNone.NONE);
    record Keyed(Object key, Object item) {}
    var keyed = new ArrayList<Keyed>();
    items.forEach(item -> keyed.add(new Keyed(keyOf(byKey, item), item)));
    boolean descending = reverse.map(PythonOperators::truth).orElse(false);
    keyed.sort((a, b) -> descending ? order(b.key(), a.key()) : order(a.key(), b.key()));
    return keyed.stream().map(Keyed::item).toList();
  }

  private static int order(Object a, Object b) {
    return PythonOperators.truth(PythonOperators.compare(Expr.CompareOp.LT, a, b))
        ? -1
        : PythonOperators.truth(PythonOperators.compare(Expr.CompareOp.LT, b, a)) ? 1 : 0;
  }

  private static Object reversed(Object sequence) {
    var items = new ArrayList<>(PythonOperators.iterate(sequence));
    Collections.reverse(items);
    return new PyList(items);
  }

  private static Object enumerate(Object items, Object start) {
    var result = new ArrayList<Object>();
    long at = bound(start);
    for (Object item : PythonOperators.iterate(items)) {
      result.add(PyTuple.of(at++, item));
    }
    return new PyList(result);
  }

  private static Object zip(Arguments arguments) {
    var columns = arguments.rest().stream().map(PythonOperators::iterate).toList();
    boolean strict = arguments.keyword("strict").map(PythonOperators::truth).orElse(false);
    int rows = columns.stream().mapToInt(List::size).min().orElse(0);
    if (strict && columns.stream().anyMatch(column -> column.size() != rows)) {
      throw PythonError.value("zip() arguments have different lengths");
    }
    var result = new ArrayList<Object>();
    for (int i = 0; i < rows; i++) {
      int row = i;
      result.add(new PyTuple(columns.stream().map(column -> column.get(row)).toList()));
    }
    return new PyList(result);
  }

  private static Object map(Arguments arguments) {
    Object function = arguments.required("function");
    var rows = PythonOperators.iterate(zip(new Arguments("zip", arguments.rest(), Map.of())));
    return new PyList(
        rows.stream().map(row -> call(function, ((PyTuple) row).items().toArray())).toList());
  }

  private static Object filter(Object function, Object items) {
    return new PyList(
        PythonOperators.iterate(items).stream()
            .filter(
                item ->
                    PythonOperators.truth(function == PyNone.NONE ? item : call(function, item)))
            .toList());
  }

  private static boolean isInstance(Object value, Object types) {
    return switch (types) {
      case PyTuple tuple -> tuple.items().stream().anyMatch(type -> isInstance(value, type));
      case PyType type -> type.isInstance(value);
      case PyClass type ->
          value instanceof PyTuple tuple && tuple.fieldNames().equals(Optional.of(type.fields()));
      // A class of the host's: no value here is one, except that constants are not wrapped.
      case PySymbol symbol -> symbol.path().equals("triton.language.constexpr");
      default ->
          throw PythonError.type("isinstance() arg 2 must be a type, a tuple of types, or a union");
    };
  }

  private static Object getAttribute(Arguments arguments) {
    Object value = arguments.required("obj");
    String name = PythonText.str(arguments.required("name"));
    var otherwise = arguments.optional("default");
    return PythonAttributes.find(value, name)
        .or(() -> otherwise)
        .orElseGet(() -> PythonAttributes.get(value, name));
  }
}
