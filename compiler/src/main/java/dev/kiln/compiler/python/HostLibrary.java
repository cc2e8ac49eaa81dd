package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/**
 * What is known at compile time of the modules that host code imports, by full name. The rest are
 * {@link PySymbol}s. Questions about the machine are answered as on a CUDA machine, for which
 * published kernels are written.
 */
final class HostLibrary {
  private static final Map<String, Object> VALUES = new HashMap<>();

  static {
    math();
    triton();
    functional();
    machine();
    limits();
  }

  private HostLibrary() {}

  static Optional<Object> find(String path) {
    return path.startsWith("builtins.")
        ? PythonBuiltins.environment().lookup(path.substring("builtins.".length()))
        : Optional.ofNullable(VALUES.get(path));
  }

  private static void define(String path, Function<Arguments, Object> body) {
    String name = path.substring(path.lastIndexOf('.') + 1);
    VALUES.put(path, PythonBuiltins.function(name, body));
  }

  // ---- math

  private static void math() {
    VALUES.put("math.pi", Math.PI);
    VALUES.put("math.e", Math.E);
    VALUES.put("math.tau", 2 * Math.PI);
    VALUES.put("math.inf", Double.POSITIVE_INFINITY);
    VALUES.put("math.nan", Double.NaN);
    real("exp", Math::exp);
    real("sin", Math::sin);
    real("cos", Math::cos);
    real("tan", Math::tan);
    real("tanh", Math::tanh);
    real("fabs", Math::abs);
    real("exp2", x -> Math.pow(2, x));
    define("math.sqrt", a -> positive(a.required("x"), 0, Math::sqrt));
    define("math.log2", a -> log2(a.required("x")));
    define("math.log10", a -> positive(a.required("x"), Double.MIN_VALUE, Math::log10));
    define("math.log", a -> log(a.required("x"), a.optional("base")));
    define("math.ceil", a -> rounded(a.required("x"), RoundingMode.CEILING));
    define("math.floor", a -> rounded(a.required("x"), RoundingMode.FLOOR));
    define("math.trunc", a -> rounded(a.required("x"), RoundingMode.DOWN));
    define(
        "math.pow",
        a ->
            PythonNumbers.floatPower(
                PythonNumbers.real(a.required("x")), PythonNumbers.real(a.required("y"))));
    define("math.isinf", a -> Double.isInfinite(PythonNumbers.real(a.required("x"))));
    define("math.isnan", a -> Double.isNaN(PythonNumbers.real(a.required("x"))));
    define("math.isqrt", a -> PythonNumbers.normalised(integer(a.required("n")).sqrt()));
    define("math.gcd", a -> fold(a, BigInteger.ZERO, BigInteger::gcd));
    define("math.lcm", a -> fold(a, BigInteger.ONE, HostLibrary::lcm));
    define("math.prod", a -> product(PythonOperators.iterate(a.required("iterable"))));
  }

  private static void real(String name, DoubleUnaryOperator function) {
    define("math." + name, a -> function.applyAsDouble(PythonNumbers.real(a.required("x"))));
  }

  private static double positive(Object value, double least, DoubleUnaryOperator function) {
    double x = PythonNumbers.real(value);
    if (x < least) {
      throw PythonError.value("math domain error");
    }
    return function.applyAsDouble(x);
  }

  /** Exact for powers of two, as C's is. */
  private static double log2(Object value) {
    if (PythonNumbers.isInteger(value)) {
      var number = PythonNumbers.big(value);
      if (number.signum() > 0 && number.bitCount() == 1) {
        return number.getLowestSetBit();
      }
    }
    return positive(value, Double.MIN_VALUE, HostLibrary::log2);
  }

  private static double log2(double x) {
    int exponent = Math.getExponent(x);
    double power = Math.scalb(1.0, exponent);
    return x == power ? exponent : Math.log(x) / Math.log(2);
  }

  private static Object log(Object value, Optional<Object> base) {
    double x = positive(value, Double.MIN_VALUE, Math::log);
    return base.isEmpty() ? x : x / positive(base.get(), Double.MIN_VALUE, Math::log);
  }

  private static Object rounded(Object value, RoundingMode mode) {
    return PythonNumbers.isInteger(value)
        ? PythonNumbers.normalised(PythonNumbers.big(value))
        : PythonNumbers.rounded(PythonNumbers.real(value), mode);
  }

  private static BigInteger integer(Object value) {
    if (!PythonNumbers.isInteger(value)) {
      throw PythonError.type(
          "'" + PythonText.typeName(value) + "' object cannot be interpreted as an integer");
    }
    return PythonNumbers.big(value);
  }

  private static Object fold(
      Arguments arguments, BigInteger start, java.util.function.BinaryOperator<BigInteger> op) {
    return PythonNumbers.normalised(
        arguments.rest().stream().map(HostLibrary::integer).reduce(start, op));
  }

  private static BigInteger lcm(BigInteger a, BigInteger b) {
    return a.signum() == 0 || b.signum() == 0
        ? BigInteger.ZERO
        : a.multiply(b).abs().divide(a.gcd(b));
  }

  private static Object product(List<Object> items) {
    Object product = 1L;
    for (Object item : items) {
      product = PythonOperators.binary(Expr.BinaryOp.MUL, product, item);
    }
    return product;
  }

  // ---- triton

  private static void triton() {
    Function<Arguments, Object> cdiv =
        a -> {
          Object x = a.required("x");
          Object y = a.required("y");
          Object above =
              PythonOperators.binary(
                  Expr.BinaryOp.SUB, PythonOperators.binary(Expr.BinaryOp.ADD, x, y), 1L);
          return PythonOperators.binary(Expr.BinaryOp.FLOOR_DIV, above, y);
        };
    define("triton.cdiv", cdiv);
    define("triton.language.cdiv", cdiv);
    Function<Arguments, Object> nextPower =
        a -> {
          var n = integer(a.required("n"));
          return n.signum() <= 0
              ? 0L
              : PythonNumbers.normalised(
                  BigInteger.ONE.shiftLeft(n.subtract(BigInteger.ONE).bitLength()));
        };
    define("triton.next_power_of_2", nextPower);
    define("triton.language.constexpr", a -> a.required("value"));
    define("triton.Config", TritonConfig::of);
    VALUES.put("triton.runtime.Config", VALUES.get("triton.Config"));
    VALUES.put("triton.runtime.autotuner.Config", VALUES.get("triton.Config"));
    VALUES.put("triton.__version__", "3.8.0");
    // Decorators that leave what a function computes as it is.
    for (String same :
        List.of(
            "triton.constexpr_function",
            "triton.language.constexpr_function",
            "functools.cache",
            "staticmethod")) {
      define(same, a -> a.required("function"));
    }
  }

  // ---- functools, itertools, operator, collections, copy

  private static void functional() {
    VALUES.put("functools.lru_cache", (PyCallable) HostLibrary::cached);
    VALUES.put("functools.partial", (PyCallable) HostLibrary::partial);
    define("functools.reduce", HostLibrary::reduce);
    VALUES.put("itertools.product", (PyCallable) HostLibrary::cartesian);
    define(
        "itertools.chain",
        a ->
            new PyList(
                a.rest().stream()
                    .flatMap(part -> PythonOperators.iterate(part).stream())
                    .toList()));
    define("copy.deepcopy", a -> a.required("x"));
    define("copy.copy", a -> a.required("x"));
    define("collections.namedtuple", HostLibrary::namedTuple);
    for (var op : Expr.BinaryOp.values()) {
      define(
          "operator." + operatorName(op),
          a -> PythonOperators.binary(op, a.required("a"), a.required("b")));
    }
  }

  private static String operatorName(Expr.BinaryOp op) {
    return switch (op) {
      case ADD -> "add";
      case SUB -> "sub";
      case MUL -> "mul";
      case DIV -> "truediv";
      case FLOOR_DIV -> "floordiv";
      case MOD -> "mod";
      case POW -> "pow";
      case MAT_MUL -> "matmul";
      case BIT_AND -> "and_";
      case BIT_OR -> "or_";
      case BIT_XOR -> "xor";
      case SHL -> "lshift";
      case SHR -> "rshift";
    };
  }

  /**
   * {@code @lru_cache} or {@code @lru_cache(maxsize=...)}: either way the function stays what it
   * is.
   */
  private static Object cached(List<Object> args, Map<String, Object> kwargs) {
    if (args.size() == 1 && args.getFirst() instanceof PyCallable) {
      return args.getFirst();
    }
    return PythonBuiltins.function("decorator", a -> a.required("function"));
  }

  private static Object partial(List<Object> args, Map<String, Object> kwargs) {
    if (args.isEmpty() || !(args.getFirst() instanceof PyCallable function)) {
      throw PythonError.type("the first argument must be callable");
    }
    return (PyCallable)
        (more, moreNamed) -> {
          var all = new ArrayList<>(args.subList(1, args.size()));
          all.addAll(more);
          var named = new java.util.LinkedHashMap<>(kwargs);
          named.putAll(moreNamed);
          return function.call(all, named);
        };
  }

  private static Object reduce(Arguments arguments) {
    Object function = arguments.required("function");
    var items = PythonOperators.iterate(arguments.required("iterable"));
    var start = arguments.optional("initial");
    if (items.isEmpty() && start.isEmpty()) {
      throw PythonError.type("reduce() of empty iterable with no initial value");
    }
    Object result = start.orElseGet(items::getFirst);
    for (Object item : start.isPresent() ? items : items.subList(1, items.size())) {
      result = PythonBuiltins.call(function, result, item);
    }
    return result;
  }

  private static Object cartesian(List<Object> args, Map<String, Object> kwargs) {
    var factors = new ArrayList<List<Object>>();
    long repeat =
        kwargs.containsKey("repeat")
            ? PythonNumbers.index(kwargs.get("repeat"), "repeat must be an integer")
            : 1;
    for (long i = 0; i < repeat; i++) {
      args.forEach(arg -> factors.add(PythonOperators.iterate(arg)));
    }
    List<List<Object>> rows = List.of(List.of());
    for (var factor : factors) {
      var longer = new ArrayList<List<Object>>();
      if ((long) rows.size() * factor.size() > 1 << 20) {
        throw new PythonError("MemoryError", "a product of more than " + (1 << 20) + " items");
      }
      for (var row : rows) {
        for (Object item : factor) {
          var next = new ArrayList<>(row);
          next.add(item);
          longer.add(next);
        }
      }
      rows = longer;
    }
    return new PyList(rows.stream().map(PyTuple::new).toList());
  }

  private static Object namedTuple(Arguments arguments) {
    String name = PythonText.str(arguments.required("typename"));
    Object fields = arguments.required("field_names");
    var names =
        fields instanceof String text
            ? List.of(text.replace(',', ' ').strip().split("\\s+"))
            : PythonOperators.iterate(fields).stream().map(PythonText::str).toList();
    return new PyClass(name, names, Map.of());
  }

  // ---- the machine

  private static void machine() {
    VALUES.put("torch.version.hip", PyNone.NONE);
    VALUES.put("torch.version.cuda", "12.8");
    VALUES.put("torch.__version__", "2.8.0");
    define("torch.cuda.is_available", a -> true);
    define(
        "torch.cuda.get_device_capability",
        a -> {
          a.optional("device");
          return PyTuple.of(8L, 0L);
        });
    define(
        "os.environ.get",
        a -> {
          a.required("key");
          return a.optional("default", PyNone.NONE);
        });
    VALUES.put("os.getenv", VALUES.get("os.environ.get"));
    define("packaging.version.parse", a -> version(a.required("version")));
    VALUES.put("packaging.version.Version", VALUES.get("packaging.version.parse"));
    var target =
        new PyTuple(
            List.of("cuda", 80L, 32L), Optional.of(List.of("backend", "arch", "warp_size")));
    define("triton.runtime.driver.active.get_current_target", a -> target);
    define("triton.language.target_info.is_cuda", a -> true);
    define("triton.language.target_info.is_hip", a -> false);
  }

  /** Limits of the types of PyTorch, which kernels take their sentinels from. */
  private static void limits() {
    define("torch.finfo", a -> floatLimits(PythonText.str(a.required("type"))));
    define("torch.iinfo", a -> integerLimits(PythonText.str(a.required("type"))));
  }

  private static Object floatLimits(String type) {
    double[] limits =
        switch (type) {
          case "torch.float16", "torch.half" -> new double[] {65504, 0x1p-10, 0x1p-14, 16};
          case "torch.bfloat16" -> new double[] {0x1.fep127, 0x1p-7, 0x1p-126, 16};
          case "torch.float32", "torch.float" ->
              new double[] {Float.MAX_VALUE, 0x1p-23, 0x1p-126, 32};
          case "torch.float64", "torch.double" ->
              new double[] {Double.MAX_VALUE, 0x1p-52, Double.MIN_NORMAL, 64};
          case "torch.float8_e4m3fn" -> new double[] {448, 0x1p-3, 0x1p-6, 8};
          case "torch.float8_e5m2" -> new double[] {57344, 0x1p-2, 0x1p-14, 8};
          default -> throw PythonError.type("torch.finfo() requires a floating point input type");
        };
    return new PyTuple(
        List.of(-limits[0], limits[0], limits[1], limits[2], limits[2], (long) limits[3]),
        Optional.of(List.of("min", "max", "eps", "tiny", "smallest_normal", "bits")));
  }

  private static Object integerLimits(String type) {
    String name = type.replace("torch.", "");
    long bits =
        switch (name) {
          case "uint8", "int8" -> 8;
          case "int16", "short", "uint16" -> 16;
          case "int32", "int", "uint32" -> 32;
          case "int64", "long" -> 64;
          default -> throw PythonError.type("torch.iinfo() requires an integer input type");
        };
    boolean unsigned = name.startsWith("u");
    long largest = unsigned ? (1L << bits) - 1 : Long.MAX_VALUE >>> (64 - bits);
    return new PyTuple(
        List.of(unsigned ? 0L : -largest - 1, largest, bits),
        Optional.of(List.of("min", "max", "bits")));
  }

  /** The numbers of a version, which compare as versions do. */
  private static Object version(Object text) {
    var numbers = new ArrayList<Object>();
    for (String part : PythonText.str(text).split("[.+]")) {
      String digits = part.replaceAll("\\D.*", "");
      if (digits.isEmpty()) {
        break;
      }
      numbers.add(Long.parseLong(digits));
    }
    return new PyTuple(numbers);
  }
}
