package dev.kiln.compiler.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every elementwise operation on every type, at every vector width, against the definitions in
 * {@code numeric}.
 */
class ElementwiseEmissionTest {
  private static final Location LOC = Location.UNKNOWN;
  private static final int N = 128;

  private static final List<DType> TYPES =
      Stream.of(DType.values()).filter(t -> t.signless() == t).toList();

  static Stream<Named<EmissionOptions>> widths() {
    return Stream.of(0, 128, 256, 512)
        .map(bits -> Named.of(bits + " bits", new EmissionOptions(bits)));
  }

  /** Interesting bits of a type, then random ones. */
  private static long[] samples(DType dtype, long seed) {
    var random = new Random(seed * 31 + dtype.ordinal());
    long[] special = {
      0,
      1,
      -1,
      2,
      3,
      5,
      7,
      8,
      15,
      16,
      31,
      32,
      33,
      63,
      64,
      65,
      Long.MIN_VALUE,
      Integer.MIN_VALUE,
      Integer.MAX_VALUE,
      0x80,
      0x7f,
      0x8000,
      0x7fff,
      0x7c00,
      0x7e00,
      0xfc00,
      0x3c00,
      0x0400,
      0x03ff,
      0x7bff,
      0x7f80,
      0xff80,
      0x3f80,
      0x7f7f,
      0x3f800000,
      0xbf800000L,
      0x7f800000,
      0xff800000L,
      0x7fc00000,
      0x00800000,
      0x007fffff,
      0x80000001L,
      0x4b000000,
      0x4f000000,
      0xcf000000L,
      0x5f000000,
      0x477fe000,
      0x477ff000,
      0x33000000,
      0x33000001,
      0x38800000,
      0x387fe000,
      0x3ff0000000000000L,
      0xbff8000000000000L,
      0x7ff0000000000000L,
      0xfff0000000000000L,
      0x7ff8000000000000L,
      0x43e0000000000000L,
      0x41dfffffffc00000L,
      0x47efffffe0000000L,
      0x47effffff0000000L,
      0x36a0000000000000L,
      0x40effe0000000000L,
    };
    long[] bits = new long[N];
    for (int i = 0; i < N; i++) {
      long value =
          i < special.length
              ? special[(i + (int) seed * 17) % special.length]
              : i % 3 == 0 ? random.nextInt(200) - 100 : random.nextLong();
      if (i % 5 == 1 && dtype.isFloat()) {
        value = FloatFormat.toBits(dtype, (random.nextDouble() - 0.5) * 40);
      }
      bits[i] = dtype == DType.I1 ? value & 1 : quiet(dtype, value);
    }
    return bits;
  }

  /** The hardware makes signalling NaN quiet whenever it converts them. */
  private static long quiet(DType dtype, long bits) {
    return switch (dtype) {
      case FP16 -> (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0 ? bits | 0x200 : bits;
      case BF16 -> (bits & 0x7f80) == 0x7f80 && (bits & 0x7f) != 0 ? bits | 0x40 : bits;
      case FP8E5 -> (bits & 0x7c) == 0x7c && (bits & 3) != 0 ? bits | 2 : bits;
      default -> bits;
    };
  }

  private static TileRef ref(DType dtype, Value buffer) {
    return new TileRef(dtype, new TileRef.Global(buffer), List.of(new TileRef.Fixed(1)));
  }

  /** Makes the operation under test. */
  private interface Maker {
    ElementwiseOp make(Value result, List<Value> operands);
  }

  /** One operation under test. */
  private record Case(String what, DType result, Maker maker, Expected expected) {}

  /** Runs operations on operands of the given types, in one kernel, and compares canonical bits. */
  private static void check(EmissionOptions options, List<DType> operands, List<Case> cases) {
    try (var runner = new KernelRunner()) {
      var body = new ArrayList<LaneStmt>();
      var values = new ArrayList<Value>();
      long[][] bits = new long[operands.size()][];
      for (int i = 0; i < operands.size(); i++) {
        DType dtype = operands.get(i);
        Value buffer = runner.buffer(dtype, N);
        bits[i] = samples(dtype, i);
        for (int j = 0; j < N; j++) {
          runner.setBits(buffer, j, bits[i][j]);
          bits[i][j] = runner.bits(buffer, j);
        }
        Value value = new Value(Type.scalar(dtype));
        body.add(
            new LaneStmt.Load(LOC, value, ref(dtype, buffer), LaneStmt.Mask.ALL, Optional.empty()));
        values.add(value);
      }
      var outputs = new ArrayList<Value>();
      for (Case c : cases) {
        Value out = runner.buffer(c.result, N);
        Value value = new Value(Type.scalar(c.result));
        body.add(new LaneStmt.Compute(c.maker.make(value, values)));
        body.add(new LaneStmt.Store(LOC, ref(c.result, out), value, LaneStmt.Mask.ALL));
        outputs.add(out);
      }
      runner.run(List.of(new LoopStmt.Nest(LOC, Shape.of(N), body)), 0, options);
      for (int c = 0; c < cases.size(); c++) {
        compare(runner, cases.get(c), outputs.get(c), bits);
      }
    }
  }

  private static void compare(KernelRunner runner, Case c, Value out, long[][] bits) {
    for (int j = 0; j < N; j++) {
      long[] at = new long[bits.length];
      for (int i = 0; i < at.length; i++) {
        at[i] = bits[i][j];
      }
      long actual = canonical(c.result, runner.bits(out, j));
      long expected = canonical(c.result, c.expected.bits(at));
      if (actual != expected) {
        assertThat(actual).as("%s of %s", c.what, hex(at)).isEqualTo(expected);
      }
    }
  }

  private static String hex(long[] bits) {
    return java.util.Arrays.stream(bits).mapToObj(Long::toHexString).toList().toString();
  }

  /** Expected bits from operand bits. */
  private interface Expected {
    long bits(long[] operands);
  }

  /** All NaN are one. */
  private static long canonical(DType dtype, long bits) {
    if (dtype.isFloat() && Double.isNaN(FloatFormat.fromBits(dtype, bits))) {
      return 0x7fff_ffff_ffffL;
    }
    return IntegerMath.wrap(DType.I64, extend(dtype, bits));
  }

  private static long extend(DType dtype, long bits) {
    return dtype.bytes() == 8 ? bits : bits << 64 - 8 * dtype.bytes() >> 64 - 8 * dtype.bytes();
  }

  private static double number(DType dtype, long bits) {
    return FloatFormat.fromBits(dtype, bits);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void binaryOperationsFollowTheirDefinition(EmissionOptions options) {
    for (DType dtype : TYPES) {
      var cases = new ArrayList<Case>();
      for (BinaryKind kind : BinaryKind.values()) {
        boolean applies =
            switch (kind.domain()) {
              case NUMBER -> true;
              case INTEGER -> dtype.isInteger();
              case FLOAT -> dtype.isFloat();
            };
        boolean wide = dtype == DType.I32 || dtype == DType.I64;
        if (!applies || (kind == BinaryKind.MULHU || kind == BinaryKind.MULHS) && !wide) {
          continue;
        }
        LongBinaryOperator expected =
            dtype.isFloat()
                ? (a, b) ->
                    FloatFormat.toBits(
                        dtype, FloatMath.apply(kind, dtype, number(dtype, a), number(dtype, b)))
                : (a, b) -> IntegerMath.apply(kind, dtype, a, b);
        cases.add(
            new Case(
                kind + " " + dtype,
                dtype,
                (r, in) -> new ElementwiseOp.Binary(LOC, r, kind, in.get(0), in.get(1)),
                bits -> expected.applyAsLong(bits[0], bits[1])));
      }
      check(options, List.of(dtype, dtype), cases);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void exactUnaryOperationsFollowTheirDefinition(EmissionOptions options) {
    for (DType dtype : TYPES) {
      var cases = new ArrayList<Case>();
      for (UnaryKind kind : EnumSet.allOf(UnaryKind.class)) {
        boolean bitKind = EnumSet.of(UnaryKind.CLZ, UnaryKind.POPC, UnaryKind.BREV).contains(kind);
        boolean applies =
            switch (kind.domain()) {
              case NUMBER -> true;
              case INTEGER ->
                  dtype.isInteger() && (!bitKind || dtype == DType.I32 || dtype == DType.I64);
              case FLOAT -> (dtype == DType.FP32 || dtype == DType.FP64) && !kind.isApproximate();
            };
        if (!applies) {
          continue;
        }
        DType result = kind == UnaryKind.CLZ || kind == UnaryKind.POPC ? DType.I32 : dtype;
        cases.add(
            new Case(
                kind + " " + dtype,
                result,
                (r, in) -> new ElementwiseOp.Unary(LOC, r, kind, in.get(0)),
                bits ->
                    dtype.isFloat()
                        ? FloatFormat.toBits(
                            dtype, FloatMath.apply(kind, dtype, number(dtype, bits[0])))
                        : IntegerMath.apply(kind, dtype, bits[0])));
      }
      check(options, List.of(dtype), cases);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void comparisonsFollowTheirDefinition(EmissionOptions options) {
    for (DType dtype : TYPES) {
      var cases = new ArrayList<Case>();
      for (CompareKind kind : CompareKind.values()) {
        boolean unsigned = kind.ordinal() >= CompareKind.ULT.ordinal();
        if (unsigned && dtype.isFloat()) {
          continue;
        }
        cases.add(
            new Case(
                kind + " " + dtype,
                DType.I1,
                (r, in) -> new ElementwiseOp.Compare(LOC, r, kind, in.get(0), in.get(1)),
                bits ->
                    (dtype.isFloat()
                            ? FloatMath.compare(
                                kind, number(dtype, bits[0]), number(dtype, bits[1]))
                            : IntegerMath.compare(kind, dtype, bits[0], bits[1]))
                        ? 1
                        : 0));
      }
      check(options, List.of(dtype, dtype), cases);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void fusedMultiplyAddsRoundOnce(EmissionOptions options) {
    for (DType dtype : TYPES) {
      if (dtype.isFloat()) {
        var fma =
            new Case(
                "fma " + dtype,
                dtype,
                (r, in) -> new ElementwiseOp.Fma(LOC, r, in.get(0), in.get(1), in.get(2)),
                b ->
                    FloatFormat.toBits(
                        dtype,
                        FloatMath.fma(
                            dtype, number(dtype, b[0]), number(dtype, b[1]), number(dtype, b[2]))));
        check(options, List.of(dtype, dtype, dtype), List.of(fma));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void selectsChooseByTheCondition(EmissionOptions options) {
    for (DType dtype : TYPES) {
      var select =
          new Case(
              "select " + dtype,
              dtype,
              (r, in) -> new ElementwiseOp.Select(LOC, r, in.get(0), in.get(1), in.get(2)),
              bits -> bits[0] != 0 ? bits[1] : bits[2]);
      check(options, List.of(DType.I1, dtype, dtype), List.of(select));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void castsFollowTheirDefinition(EmissionOptions options) {
    for (DType from : TYPES) {
      var cases = new ArrayList<Case>();
      for (CastKind kind : CastKind.values()) {
        for (DType to : TYPES) {
          if (applies(kind, from, to)) {
            cases.add(
                new Case(
                    kind + " " + from + " to " + to,
                    to,
                    (r, in) -> new ElementwiseOp.Cast(LOC, r, kind, in.get(0)),
                    bits -> cast(kind, from, to, bits[0])));
          }
        }
      }
      check(options, List.of(from), cases);
    }
  }

  private static boolean applies(CastKind kind, DType from, DType to) {
    return switch (kind) {
      case EXTS, EXTU -> from.isInteger() && to.isInteger() && from.bits() < to.bits();
      case TRUNC -> from.isInteger() && to.isInteger() && from.bits() > to.bits();
      case FPEXT ->
          from.isFloat() && to.isFloat() && from.bits() < to.bits() && to.bits() >= 32
              || from.bits() == 8 && from.isFloat() && to == DType.BF16;
      case FPTRUNC -> from.isFloat() && to.isFloat() && from != to && from.bits() >= to.bits();
      case FPTRUNC_RTZ -> from.isFloat() && to.isFloat() && from.bits() > to.bits();
      case SITOFP, UITOFP -> from.isInteger() && to.isFloat();
      case FPTOSI, FPTOUI -> from.isFloat() && to.isInteger();
      case BITCAST -> from != DType.I1 && to != DType.I1 && from.bits() == to.bits();
      case PTRTOINT, INTTOPTR -> false;
    };
  }

  private static long cast(CastKind kind, DType from, DType to, long bits) {
    if (from.isInteger()) {
      return to.isInteger()
          ? Conversions.integerToInteger(kind, from, to, bits)
          : FloatFormat.toBits(to, Conversions.integerToFloat(kind, from, to, bits));
    }
    double value = FloatFormat.fromBits(from, bits);
    return to.isInteger()
        ? Conversions.floatToInteger(kind, from, to, value)
        : FloatFormat.toBits(to, Conversions.floatToFloat(kind, from, to, value));
  }
}
