package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Wide1;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Wide2;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word1;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word2;
import dev.kiln.runtime.sim.isa.vector.FloatForms;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;
import java.util.function.Function;

/** Decodes quotients, roots and the approximate functions. */
final class FloatFunctions {
  private FloatFunctions() {}

  static Step div(DecodeContext context) {
    boolean approximate = context.modifiers().take("approx");
    boolean full = context.modifiers().take("full");
    Optional<Rounding> rounding = Rounding.take(context.modifiers());
    if ((approximate ? 1 : 0) + (full ? 1 : 0) + (rounding.isPresent() ? 1 : 0) != 1) {
      throw context.malformed("div needs a rounding, .approx or .full");
    }
    PtxType type = FloatTypes.take(context);
    context.expectOperands(3, 3);
    if (type == PtxType.F64 && rounding.isPresent()) {
      Wide2 function = new Arithmetic64(rounding.get())::div;
      return LaneSteps.wide(
          context.wideTarget(context.operand(0), type),
          context.wide(context.operand(1), type),
          context.wide(context.operand(2), type),
          function);
    }
    expectF32(context, type);
    boolean flush = context.modifiers().take("ftz");
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    int b = context.word(context.operand(2), type);
    boolean nearest = full || rounding.filter(r -> r == Rounding.NEAREST).isPresent();
    if (nearest && VectorForms.inUse()) {
      return FloatForms.div(target, a, b, flush);
    }
    Approximations approximations = new Approximations(flush);
    Word2 function =
        approximate
            ? approximations::divide
            : full
                ? approximations::divideFully
                : new Arithmetic32(rounding.get(), flush, false)::div;
    return LaneSteps.word(target, a, b, function);
  }

  static Step rcp(DecodeContext context) {
    return root(
        context,
        approximations -> approximations::rcp,
        exact -> exact::rcp,
        exact -> exact::rcp,
        FloatForms::rcp,
        Optional.empty(),
        Optional.of(Approximations::rcpGross));
  }

  static Step sqrt(DecodeContext context) {
    return root(
        context,
        approximations -> approximations::sqrt,
        exact -> exact::sqrt,
        exact -> exact::sqrt,
        FloatForms::sqrt,
        Optional.empty(),
        Optional.empty());
  }

  static Step rsqrt(DecodeContext context) {
    if (!context.modifiers().has("approx")) {
      throw context.malformed("rsqrt needs .approx");
    }
    return root(
        context,
        approximations -> approximations::rsqrt,
        exact -> null,
        exact -> null,
        FloatForms::rsqrt,
        Optional.of(Approximations::rsqrtWide),
        Optional.of(Approximations::rsqrtGross));
  }

  /** A step over vectors of a function of one operand, rounded to nearest. */
  @FunctionalInterface
  private interface VectorStep {
    Step make(int target, int a, boolean flush);
  }

  /**
   * A reciprocal or a root.
   *
   * @param wide {@code .approx.f64}
   * @param gross {@code .approx.ftz.f64}
   */
  private static Step root(
      DecodeContext context,
      Function<Approximations, Word1> approximate,
      Function<Arithmetic32, Word1> exact,
      Function<Arithmetic64, Wide1> exactWide,
      VectorStep vector,
      Optional<Wide1> wide,
      Optional<Wide1> gross) {
    boolean isApproximate = context.modifiers().take("approx");
    Rounding rounding = isApproximate ? Rounding.NEAREST : Rounding.require(context);
    boolean flush = context.modifiers().take("ftz");
    PtxType type = FloatTypes.take(context);
    context.expectOperands(2, 2);
    if (type == PtxType.F64) {
      Optional<Wide1> function =
          isApproximate
              ? flush ? gross : wide
              : flush ? Optional.empty() : Optional.of(exactWide.apply(new Arithmetic64(rounding)));
      return LaneSteps.wide(
          context.wideTarget(context.operand(0), type),
          context.wide(context.operand(1), type),
          function.orElseThrow(() -> context.malformed("no such form of type .f64")));
    }
    expectF32(context, type);
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    if (rounding == Rounding.NEAREST && VectorForms.inUse()) {
      return vector.make(target, a, flush);
    }
    return LaneSteps.word(
        target,
        a,
        isApproximate
            ? approximate.apply(new Approximations(flush))
            : exact.apply(new Arithmetic32(rounding, flush, false)));
  }

  static Step ex2(DecodeContext context) {
    expectApproximate(context);
    boolean flush = context.modifiers().take("ftz");
    PtxType type = FloatTypes.take(context);
    if (FloatTypes.isHalf(type)) {
      boolean bfloat = FloatTypes.half(type) == FloatCode.BF16;
      if (flush != bfloat) {
        throw context.malformed(
            bfloat ? "ex2" + type + " needs .ftz" : "ex2" + type + " takes no .ftz");
      }
      return half(context, type, new Approximations16(FloatTypes.half(type), flush)::ex2);
    }
    return single(
        context, type, new Approximations(flush)::ex2, Optional.of(FloatForms::ex2), flush);
  }

  static Step tanh(DecodeContext context) {
    expectApproximate(context);
    PtxType type = FloatTypes.take(context);
    if (FloatTypes.isHalf(type)) {
      return half(context, type, new Approximations16(FloatTypes.half(type), false)::tanh);
    }
    return single(context, type, new Approximations(false)::tanh, Optional.empty(), false);
  }

  static Step lg2(DecodeContext context) {
    return single(context, approximations -> approximations::lg2);
  }

  static Step sin(DecodeContext context) {
    return single(context, approximations -> approximations::sin);
  }

  static Step cos(DecodeContext context) {
    return single(context, approximations -> approximations::cos);
  }

  private static Step single(DecodeContext context, Function<Approximations, Word1> function) {
    expectApproximate(context);
    boolean flush = context.modifiers().take("ftz");
    PtxType type = FloatTypes.take(context);
    return single(
        context, type, function.apply(new Approximations(flush)), Optional.empty(), flush);
  }

  private static Step single(
      DecodeContext context,
      PtxType type,
      Word1 function,
      Optional<VectorStep> vector,
      boolean flush) {
    expectF32(context, type);
    context.expectOperands(2, 2);
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    return vector.isPresent() && VectorForms.inUse()
        ? vector.get().make(target, a, flush)
        : LaneSteps.word(target, a, function);
  }

  private static Step half(DecodeContext context, PtxType type, Word1 function) {
    context.expectOperands(2, 2);
    return LaneSteps.word(
        context.wordTarget(context.operand(0), type),
        context.word(context.operand(1), type),
        FloatTypes.isPacked(type) ? LaneSteps.packed(function) : function);
  }

  private static void expectApproximate(DecodeContext context) {
    if (!context.modifiers().take("approx")) {
      throw context.malformed(context.instruction().opcode() + " needs .approx");
    }
  }

  private static void expectF32(DecodeContext context, PtxType type) {
    if (type != PtxType.F32) {
      throw context.unsupported(context.instruction().mnemonic());
    }
  }
}
