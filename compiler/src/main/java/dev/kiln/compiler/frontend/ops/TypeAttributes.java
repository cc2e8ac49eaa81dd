package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.Element;
import dev.kiln.compiler.frontend.TensorType.Number;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Attributes and methods of types: {@code x.dtype.is_floating()}. */
final class TypeAttributes {
  private static final Map<String, Predicate<DType>> QUESTIONS = questions();
  private static final List<String> OTHERS =
      List.of(
          "name",
          "scalar",
          "element_ty",
          "primitive_bitwidth",
          "int_bitwidth",
          "itemsize",
          "int_signedness",
          "fp_mantissa_width",
          "exponent_bias",
          "shape",
          "numel",
          "is_ptr",
          "is_block",
          "is_const",
          "kind",
          "get_int_max_value",
          "get_int_min_value",
          "to");

  private TypeAttributes() {}

  private static Map<String, Predicate<DType>> questions() {
    Map<String, Predicate<DType>> map = new LinkedHashMap<>();
    map.put("is_fp8", DType::isFp8);
    map.put("is_fp8e4nv", DType.FP8E4NV::equals);
    map.put("is_fp8e4b8", DType.FP8E4B8::equals);
    map.put("is_fp8e4b15", DType.FP8E4B15::equals);
    map.put("is_fp8e5", DType.FP8E5::equals);
    map.put("is_fp8e5b16", DType.FP8E5B16::equals);
    map.put("is_fp16", DType.FP16::equals);
    map.put("is_bf16", DType.BF16::equals);
    map.put("is_fp32", DType.FP32::equals);
    map.put("is_fp64", DType.FP64::equals);
    for (DType dtype : DType.values()) {
      if (dtype.isInteger()) {
        map.put("is_" + dtype.languageName(), dtype::equals);
      }
    }
    map.put("is_floating", DType::isFloat);
    map.put("is_standard_floating", dtype -> dtype.isFloat() && !dtype.isFp8());
    map.put("is_int", DType::isInteger);
    map.put("is_int_signed", DType::isSigned);
    // As in Triton, int1 counts as an unsigned integer.
    map.put("is_int_unsigned", dtype -> dtype.isUnsigned() || dtype.isBool());
    map.put("is_bool", DType::isBool);
    return map;
  }

  static FrontValue find(FrontContext ctx, Constexpr type, String name) {
    Element element = Types.element(type.value()).orElseThrow();
    Predicate<DType> question = QUESTIONS.get(name);
    if (question != null) {
      boolean answer = element instanceof Number number && question.test(number.dtype());
      return method(name, new Constexpr(isScalar(type) && answer));
    }
    return other(type, element, name)
        .orElseThrow(
            () -> {
              String message =
                  "type %s has no attribute '%s'".formatted(PythonValues.repr(type.value()), name);
              List<String> known =
                  java.util.stream.Stream.concat(QUESTIONS.keySet().stream(), OTHERS.stream())
                      .toList();
              return Names.suggestion(name, known)
                  .map(hint -> ctx.error(message, hint))
                  .orElseGet(() -> ctx.error(message));
            });
  }

  private static boolean isScalar(Constexpr type) {
    return !(type.value() instanceof TensorType);
  }

  private static Optional<FrontValue> other(Constexpr type, Element element, String name) {
    return Optional.ofNullable(
        switch (name) {
          case "scalar" -> Types.constant(element);
          case "element_ty" -> elementType(type, element);
          case "is_ptr" -> method(name, new Constexpr(isScalar(type) && isPointer(element)));
          case "is_block" -> method(name, new Constexpr(!isScalar(type)));
          case "is_const" ->
              method(name, new Constexpr(element instanceof PointerTo p && p.isConst()));
          case "shape" ->
              type.value() instanceof TensorType tensor
                  ? Sequences.ofIntegers(tensor.shape().toArray())
                  : Sequences.ofIntegers();
          case "numel" ->
              new Constexpr(
                  type.value() instanceof TensorType tensor ? (long) tensor.shape().size() : 1L);
          case "name" -> new Constexpr(shortName(element));
          case "primitive_bitwidth" -> new Constexpr((long) bits(element));
          case "itemsize" -> new Constexpr((long) Math.max(1, bits(element) / 8));
          default -> element instanceof Number number ? ofNumber(number.dtype(), name) : null;
        });
  }

  private static FrontValue ofNumber(DType dtype, String name) {
    return switch (name) {
      case "int_bitwidth" -> dtype.isInteger() ? new Constexpr((long) dtype.bits()) : null;
      case "int_signedness" ->
          dtype.isInteger() ? new Constexpr(dtype.isSigned() ? "signed" : "unsigned") : null;
      case "fp_mantissa_width" ->
          dtype.isFloat() ? new Constexpr((long) mantissaBits(dtype)) : null;
      case "kind" -> method(name, new Constexpr(kind(dtype)));
      case "get_int_max_value" ->
          dtype.isInteger() ? method(name, new Constexpr(largest(dtype))) : null;
      case "get_int_min_value" ->
          dtype.isInteger() ? method(name, new Constexpr(smallest(dtype))) : null;
      default -> null;
    };
  }

  private static boolean isPointer(Element element) {
    return element instanceof PointerTo;
  }

  /** What a pointer points to; for tensors what they hold. */
  private static FrontValue elementType(Constexpr type, Element element) {
    if (!isScalar(type)) {
      return Types.constant(element);
    }
    return element instanceof PointerTo pointer ? new Constexpr(pointer.pointee()) : null;
  }

  private static int bits(Element element) {
    return element instanceof Number number ? number.dtype().bits() : 64;
  }

  private static String shortName(Element element) {
    return element instanceof Number number ? number.dtype().shortName() : element.display();
  }

  private static int mantissaBits(DType dtype) {
    return switch (dtype) {
      case FP8E5, FP8E5B16 -> 2;
      case FP8E4NV, FP8E4B15, FP8E4B8 -> 3;
      case BF16 -> 7;
      case FP16 -> 10;
      case FP32 -> 23;
      default -> 52;
    };
  }

  private static long kind(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> 0;
      case SIGNED, UNSIGNED -> 1;
      case FLOAT -> 2;
    };
  }

  private static Object largest(DType dtype) {
    int bits = dtype.isSigned() ? dtype.bits() - 1 : dtype.bits();
    return dev.kiln.compiler.python.PythonNumbers.normalised(
        BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE));
  }

  private static Object smallest(DType dtype) {
    return dtype.isSigned()
        ? dev.kiln.compiler.python.PythonNumbers.normalised(
            BigInteger.ONE.shiftLeft(dtype.bits() - 1).negate())
        : (Object) 0L;
  }

  /** A method without parameters and with a constant result. */
  private static FrontValue method(String name, FrontValue result) {
    return new Builtin(
        "triton.language.dtype." + name,
        Category.TYPE,
        Signature.parse(name + "()"),
        "",
        "",
        false,
        new Builtin.Action.Native(args -> result));
  }
}
