package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the functions of libdevice compute, once their arguments have the right types. */
final class LibdeviceFunctions {
  /** From arguments of one shape to the result. */
  @FunctionalInterface
  interface Function {
    Tensor apply(FrontContext ctx, List<Tensor> args);
  }

  /** Those that the prelude defines, as {@code libdevice_NAME}. */
  static final Set<String> IN_PRELUDE =
      Set.of(
          "acos",
          "acosh",
          "add_rn",
          "asin",
          "asinh",
          "atan",
          "atan2",
          "atanh",
          "byte_perm",
          "cbrt",
          "copysign",
          "cosh",
          "cospi",
          "double2hiint",
          "double2loint",
          "erfc",
          "erfcinv",
          "erfcx",
          "erfinv",
          "exp10",
          "expm1",
          "fast_dividef",
          "fast_exp10f",
          "fast_expf",
          "fast_log10f",
          "fast_log2f",
          "fast_logf",
          "fast_powf",
          "fast_sinf",
          "fast_cosf",
          "fast_tanf",
          "fdim",
          "ffs",
          "finitef",
          "hadd",
          "hiloint2double",
          "hypot",
          "ilogb",
          "isfinited",
          "isinf",
          "isnan",
          "ldexp",
          "llrint",
          "llround",
          "log10",
          "log1p",
          "logb",
          "mul24",
          "mul_rn",
          "nextafter",
          "norm3d",
          "norm4d",
          "normcdf",
          "normcdfinv",
          "pow",
          "rcbrt",
          "rcp_rn",
          "remainder",
          "rhadd",
          "rhypot",
          "rnorm3d",
          "rnorm4d",
          "round",
          "rsqrt_rn",
          "sad",
          "saturatef",
          "scalbn",
          "signbit",
          "sinh",
          "sinpi",
          "sub_rn",
          "tan");

  private static final Map<String, Function> FUNCTIONS = functions();

  private LibdeviceFunctions() {}

  /** The function of that name, if there is one yet. */
  static Optional<Function> find(String name) {
    if (IN_PRELUDE.contains(name)) {
      return Optional.of(
          (ctx, args) -> Typing.toTensor(ctx, LibdeviceOperations.prelude(ctx, name, args)));
    }
    return Optional.ofNullable(FUNCTIONS.get(name));
  }

  /** Whether a function gives a type; what an fp64 fma lacks is too long to be told by fp64. */
  static boolean has(String name, DType result) {
    return result != DType.FP64 || !name.matches("fma_r[zdu]");
  }

  private static Map<String, Function> functions() {
    Map<String, Function> map = new HashMap<>();
    Map.ofEntries(
            Map.entry("abs", UnaryKind.ABS),
            Map.entry("floor", UnaryKind.FLOOR),
            Map.entry("ceil", UnaryKind.CEIL),
            Map.entry("trunc", UnaryKind.TRUNC),
            Map.entry("rint", UnaryKind.RINT),
            Map.entry("nearbyint", UnaryKind.RINT),
            Map.entry("sqrt", UnaryKind.SQRT),
            Map.entry("sqrt_rn", UnaryKind.SQRT),
            Map.entry("rsqrt", UnaryKind.RSQRT),
            Map.entry("exp", UnaryKind.EXP),
            Map.entry("exp2", UnaryKind.EXP2),
            Map.entry("log", UnaryKind.LOG),
            Map.entry("log2", UnaryKind.LOG2),
            Map.entry("sin", UnaryKind.SIN),
            Map.entry("cos", UnaryKind.COS),
            Map.entry("tanh", UnaryKind.TANH),
            Map.entry("fast_tanhf", UnaryKind.TANH),
            Map.entry("erf", UnaryKind.ERF),
            Map.entry("brev", UnaryKind.BREV))
        .forEach((name, kind) -> map.put(name, unary(kind)));
    map.put("clz", count(UnaryKind.CLZ));
    map.put("popc", count(UnaryKind.POPC));
    map.put("div_rn", binary(BinaryKind.DIV));
    map.put("fmod", binary(BinaryKind.REM));
    map.put("fma", LibdeviceFunctions::fma);
    map.put("fma_rn", LibdeviceFunctions::fma);
    map.put(
        "mulhi",
        (ctx, args) ->
            binary(args.getFirst().type().dtype().isSigned() ? BinaryKind.MULHS : BinaryKind.MULHU)
                .apply(ctx, args));
    addBitcasts(map);
    addConversions(map);
    addDirected(map);
    return map;
  }

  private static Function unary(UnaryKind kind) {
    return (ctx, args) -> MathOperations.apply(ctx, kind, args.getFirst());
  }

  private static Function count(UnaryKind kind) {
    return (ctx, args) -> {
      Value value = ctx.builder().unary(kind, args.getFirst().value());
      return new Tensor(value, args.getFirst().type().withDType(DType.I32));
    };
  }

  private static Function binary(BinaryKind kind) {
    return (ctx, args) ->
        Arithmetic.number(ctx, new Arithmetic.Pair(args.getFirst(), args.getLast()), kind);
  }

  private static Tensor fma(FrontContext ctx, List<Tensor> args) {
    Value value = ctx.builder().fma(args.get(0).value(), args.get(1).value(), args.get(2).value());
    return Arithmetic.withValue(args.getFirst(), value);
  }

  private static void addBitcasts(Map<String, Function> map) {
    map.put("int_as_float", bitcast(DType.FP32));
    map.put("uint_as_float", bitcast(DType.FP32));
    map.put("float_as_int", bitcast(DType.I32));
    map.put("float_as_uint", bitcast(DType.I32));
    map.put("longlong_as_double", bitcast(DType.FP64));
    map.put("double_as_longlong", bitcast(DType.I64));
  }

  private static Function bitcast(DType to) {
    return (ctx, args) -> Casting.bitcast(ctx, args.getFirst(), new TensorType.Number(to));
  }

  /** Names such as {@code float2uint_rd}: from, to, and how to round to an integer first. */
  private static void addConversions(Map<String, Function> map) {
    Map<String, DType> integers =
        Map.of("int", DType.I32, "uint", DType.U32, "ll", DType.I64, "ull", DType.U64);
    Map<String, DType> floats = Map.of("float", DType.FP32, "double", DType.FP64);
    Map<String, UnaryKind> roundings =
        Map.of(
            "rn", UnaryKind.RINT,
            "rz", UnaryKind.TRUNC,
            "rd", UnaryKind.FLOOR,
            "ru", UnaryKind.CEIL);
    floats.forEach(
        (from, ignored) ->
            integers.forEach(
                (to, dtype) ->
                    roundings.forEach(
                        (suffix, rounding) ->
                            map.put(from + "2" + to + "_" + suffix, toInteger(rounding, dtype)))));
    integers.forEach(
        (from, ignored) ->
            floats.forEach((to, dtype) -> map.put(from + "2" + to + "_rn", cast(dtype))));
    map.put("double2float_rn", cast(DType.FP32));
    map.put(
        "double2float_rz", (ctx, args) -> Casting.towardsZero(ctx, args.getFirst(), DType.FP32));
  }

  /** Rounded towards zero, down and up, by the prelude. */
  private static void addDirected(Map<String, Function> map) {
    for (String mode : List.of("rz", "rd", "ru")) {
      for (String name : List.of("add", "sub", "mul", "div", "rcp", "sqrt", "fma")) {
        map.put(name + "_" + mode, directed(name, mode));
      }
      map.putIfAbsent("double2float_" + mode, directed("double2float", mode));
      for (String from : List.of("int", "uint", "ll", "ull")) {
        map.putIfAbsent(from + "2float_" + mode, directed("integer", DType.FP32, mode));
        map.putIfAbsent(from + "2double_" + mode, directed("integer", DType.FP64, mode));
      }
    }
  }

  /** A function {@code directed_NAME} of the prelude, with constants behind its arguments. */
  private static Function directed(String name, Object... constants) {
    return (ctx, args) -> {
      List<FrontValue> all = new ArrayList<>(args);
      for (Object constant : constants) {
        all.add(new Constexpr(constant));
      }
      return Typing.toTensor(ctx, ctx.callPrelude("directed_" + name, all, Map.of()));
    };
  }

  private static Function cast(DType to) {
    return (ctx, args) -> Casting.number(ctx, args.getFirst(), to);
  }

  private static Function toInteger(UnaryKind rounding, DType to) {
    return (ctx, args) ->
        Casting.number(ctx, MathOperations.apply(ctx, rounding, args.getFirst()), to);
  }
}
