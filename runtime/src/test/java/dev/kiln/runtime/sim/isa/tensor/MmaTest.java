package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.tensor.Fragments.Place;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MmaTest {
  /** An {@code mma} of one product. */
  record Form(String modifiers, String shape, String d, String a, String b, String c) {
    String mnemonic() {
      String rest = d + "." + a + "." + b + "." + c;
      String word = modifiers.isEmpty() ? "" : modifiers + ".";
      return "mma.sync.aligned." + shape + ".row.col." + word + rest;
    }

    int m() {
      return shape.startsWith("m8") ? 8 : 16;
    }

    int k() {
      return Integer.parseInt(shape.substring(shape.indexOf('k') + 1));
    }

    @Override
    public String toString() {
      return mnemonic();
    }
  }

  static Stream<Form> forms() {
    List<Form> forms = new ArrayList<>();
    for (String k : List.of("m16n8k8", "m16n8k16")) {
      forms.add(new Form("", k, "f16", "f16", "f16", "f16"));
      forms.add(new Form("", k, "f32", "f16", "f16", "f32"));
      forms.add(new Form("", k, "f32", "bf16", "bf16", "f32"));
    }
    forms.add(new Form("", "m16n8k4", "f32", "tf32", "tf32", "f32"));
    forms.add(new Form("", "m16n8k8", "f32", "tf32", "tf32", "f32"));
    for (String shape : List.of("m8n8k4", "m16n8k4", "m16n8k8", "m16n8k16")) {
      forms.add(new Form("", shape, "f64", "f64", "f64", "f64"));
    }
    for (String sum : List.of("f16", "f32")) {
      for (String a : List.of("e4m3", "e5m2")) {
        for (String b : List.of("e4m3", "e5m2")) {
          forms.add(new Form("", "m16n8k16", sum, a, b, sum));
          forms.add(new Form("", "m16n8k32", sum, a, b, sum));
        }
      }
      forms.add(new Form("kind::f8f6f4", "m16n8k32", sum, "e2m1", "e3m2", sum));
      forms.add(new Form("kind::f8f6f4", "m16n8k32", sum, "e2m3", "e4m3", sum));
    }
    for (String modifier : List.of("", "satfinite")) {
      for (String sign : List.of("ss", "su", "us", "uu")) {
        String a = sign.substring(0, 1);
        String b = sign.substring(1);
        for (String shape : List.of("m8n8k16", "m16n8k16", "m16n8k32")) {
          forms.add(new Form(modifier, shape, "s32", a + "8", b + "8", "s32"));
        }
        for (String shape : List.of("m8n8k32", "m16n8k32", "m16n8k64")) {
          forms.add(new Form(modifier, shape, "s32", a + "4", b + "4", "s32"));
        }
      }
    }
    for (String shape : List.of("m8n8k128", "m16n8k128", "m16n8k256")) {
      forms.add(new Form("and.popc", shape, "s32", "b1", "b1", "s32"));
      forms.add(new Form("xor.popc", shape, "s32", "b1", "b1", "s32"));
    }
    return forms.stream();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void multipliesMatricesAsTheManualLaysThemOut(Form form) {
    SplittableRandom random = new SplittableRandom(form.hashCode());
    long[][] a = random(form.m(), form.k(), form.a(), random);
    long[][] b = random(form.k(), 8, form.b(), random);
    long[][] c = random(form.m(), 8, form.c(), random);
    for (TensorMode mode : TensorMode.values()) {
      check(form, a, b, c, multiply(form, a, b, c, mode));
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void putsEachElementOfOneMatrixWhereTheOtherSelectsIt(Form form) {
    if (form.a().equals("b1")) {
      return;
    }
    // One one in each column of B: D's columns are columns of A.
    SplittableRandom random = new SplittableRandom(7 + form.hashCode());
    long[][] a = random(form.m(), form.k(), form.a(), random);
    long[][] c = new long[form.m()][8];
    for (int first = 0; first < form.k(); first += 8) {
      long[][] b = new long[form.k()][8];
      for (int column = 0; column < 8 && first + column < form.k(); column++) {
        b[first + column][column] = one(form.b());
      }
      long[][] d = multiply(form, a, b, c, TensorMode.ROUNDED);
      for (int row = 0; row < form.m(); row++) {
        for (int column = 0; column < 8 && first + column < form.k(); column++) {
          assertThat(Matrices.value(form.d(), d[row][column]))
              .as("row %d, k %d", row, first + column)
              .isEqualByComparingTo(Matrices.value(form.a(), a[row][first + column]));
        }
      }
    }
  }

  private static long one(String type) {
    return switch (type) {
      case "f64" -> Double.doubleToRawLongBits(1);
      case "tf32" -> Float.floatToRawIntBits(1);
      case "f16" -> 0x3c00;
      case "bf16" -> 0x3f80;
      case "e4m3" -> 7 << 3;
      case "e5m2" -> 15 << 2;
      case "e2m1" -> 1 << 1 << 2;
      case "e2m3" -> 1 << 3;
      case "e3m2" -> 3 << 2;
      default -> 1;
    };
  }

  private static void check(Form form, long[][] a, long[][] b, long[][] c, long[][] d) {
    for (int row = 0; row < form.m(); row++) {
      for (int column = 0; column < 8; column++) {
        BigDecimal sum = Matrices.value(form.c(), c[row][column]);
        for (int k = 0; k < form.k(); k++) {
          sum = sum.add(product(form, a[row][k], b[k][column]));
        }
        assertThat(Matrices.value(form.d(), d[row][column]))
            .as("row %d, column %d", row, column)
            .isEqualByComparingTo(Matrices.value(form.d(), Matrices.raw(form.d(), sum)));
      }
    }
  }

  private static BigDecimal product(Form form, long a, long b) {
    return switch (form.modifiers()) {
      case "and.popc" -> BigDecimal.valueOf(a & b);
      case "xor.popc" -> BigDecimal.valueOf(a ^ b);
      default -> Matrices.value(form.a(), a).multiply(Matrices.value(form.b(), b));
    };
  }

  static long[][] random(int rows, int columns, String type, SplittableRandom random) {
    long[][] matrix = new long[rows][columns];
    for (long[] row : matrix) {
      Arrays.setAll(row, i -> Matrices.simple(type, random));
    }
    return matrix;
  }

  /** Runs the instruction on whole matrices. */
  static long[][] multiply(Form form, long[][] a, long[][] b, long[][] c, TensorMode mode) {
    PtxType register = form.a().equals("f64") ? PtxType.F64 : PtxType.B32;
    int registerBits = register.bits();
    int bitsOfA = Matrices.bits(form.a());
    int bitsOfC = Matrices.bits(form.c());
    long[][] inA = new long[form.m() * form.k() * bitsOfA / registerBits / 32][32];
    long[][] inB = new long[Math.max(1, 8 * form.k() * bitsOfA / registerBits / 32)][32];
    long[][] inC = new long[form.m() * 8 * bitsOfC / registerBits / 32][32];
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < inA.length * registerBits / bitsOfA; i++) {
        Place place = Fragments.ofA(form.shape(), bitsOfA, lane, i);
        put(inA, i, lane, bitsOfA, registerBits, a[place.row()][place.column()]);
      }
      for (int i = 0; i < inB.length * registerBits / bitsOfA; i++) {
        Place place = Fragments.ofB(form.shape(), bitsOfA, lane, i);
        put(inB, i, lane, bitsOfA, registerBits, b[place.row()][place.column()]);
      }
      for (int i = 0; i < inC.length * registerBits / bitsOfC; i++) {
        Place place = Fragments.ofC(form.shape(), lane, i);
        put(inC, i, lane, bitsOfC, registerBits, c[place.row()][place.column()]);
      }
    }
    SingleStep.Result result =
        SingleStep.of(form.mnemonic())
            .outMatrix(register, inC.length)
            .inMatrix(register, inA)
            .inMatrix(register, inB)
            .inMatrix(register, inC)
            .block(TensorBlock.with(mode))
            .run();
    long[][] d = new long[form.m()][8];
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < inC.length * registerBits / bitsOfC; i++) {
        Place place = Fragments.ofC(form.shape(), lane, i);
        int perRegister = registerBits / bitsOfC;
        long word = result.out(i / perRegister)[lane];
        long mask = bitsOfC == 64 ? -1 : (1L << bitsOfC) - 1;
        d[place.row()][place.column()] = word >>> i % perRegister * bitsOfC & mask;
      }
    }
    return d;
  }

  private static void put(
      long[][] registers, int i, int lane, int bits, int registerBits, long value) {
    int perRegister = registerBits / bits;
    registers[i / perRegister][lane] |= value << i % perRegister * bits;
  }

  private static final Form HALF = new Form("", "m16n8k16", "f32", "f16", "f16", "f32");

  @Test
  void roundsOneProductAndOneTermToNearest() {
    checkRounding(TensorMode.ROUNDED, RoundingMode.HALF_EVEN);
  }

  @Test
  void truncatesOneProductAndOneTerm() {
    // Terms of like size: nothing is lost in the alignment.
    checkRounding(TensorMode.TRUNCATED, RoundingMode.DOWN);
  }

  private static void checkRounding(TensorMode mode, RoundingMode rounding) {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 40; i++) {
      long[][] a = new long[16][16];
      long[][] b = new long[16][8];
      long[][] c = new long[16][8];
      int k = random.nextInt(16);
      for (int j = 0; j < 16; j++) {
        a[j][k] = 0x3c00 | random.nextInt(1 << 10) | random.nextInt(2) << 15;
        for (int n = 0; n < 8; n++) {
          b[k][n] = 0x4000 | random.nextInt(1 << 10);
          c[j][n] = Float.floatToRawIntBits(random.nextFloat(4, 16)) & 0xffff_ffffL;
        }
      }
      long[][] d = multiply(HALF, a, b, c, mode);
      for (int j = 0; j < 16; j++) {
        for (int n = 0; n < 8; n++) {
          BigDecimal exact =
              Matrices.value("f32", c[j][n])
                  .add(Matrices.value("f16", a[j][k]).multiply(Matrices.value("f16", b[k][n])));
          assertThat(Float.intBitsToFloat((int) d[j][n])).isEqualTo(round(exact, rounding));
        }
      }
    }
  }

  private static float round(BigDecimal exact, RoundingMode rounding) {
    float nearest = exact.floatValue();
    if (rounding == RoundingMode.HALF_EVEN) {
      return nearest;
    }
    boolean beyond = new BigDecimal(nearest).abs().compareTo(exact.abs()) > 0;
    return beyond ? nearest > 0 ? Math.nextDown(nearest) : Math.nextUp(nearest) : nearest;
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "bf16"})
  void staysCloseToTheExactSumOfAnyNumbers(String type) {
    Form form = new Form("", "m16n8k16", "f32", type, type, "f32");
    SplittableRandom random = new SplittableRandom(13);
    long[][] a = anyFinite(16, 16, type, random);
    long[][] b = anyFinite(16, 8, type, random);
    long[][] c = new long[16][8];
    for (TensorMode mode : TensorMode.values()) {
      long[][] d = multiply(form, a, b, c, mode);
      for (int row = 0; row < 16; row++) {
        for (int column = 0; column < 8; column++) {
          BigDecimal sum = BigDecimal.ZERO;
          BigDecimal size = BigDecimal.ZERO;
          for (int k = 0; k < 16; k++) {
            BigDecimal term =
                Matrices.value(type, a[row][k]).multiply(Matrices.value(type, b[k][column]));
            sum = sum.add(term);
            size = size.add(term.abs());
          }
          BigDecimal bound = size.multiply(new BigDecimal(17 * 0x1p-23));
          assertThat(Matrices.value("f32", d[row][column]).subtract(sum).abs())
              .as(mode.toString())
              .isLessThanOrEqualTo(bound);
        }
      }
    }
  }

  /** All exponents but those near overflow of the sum. */
  private static long[][] anyFinite(int rows, int columns, String type, SplittableRandom random) {
    long[][] matrix = new long[rows][columns];
    for (long[] row : matrix) {
      Arrays.setAll(
          row,
          i ->
              type.equals("f16")
                  ? random.nextInt(31) << 10 | random.nextInt(1 << 10) | random.nextInt(2) << 15
                  : random.nextInt(80, 180) << 7
                      | random.nextInt(1 << 7)
                      | random.nextInt(2) << 15);
    }
    return matrix;
  }

  @Test
  void keepsDenormalsInfinitiesAndNaN() {
    long[][] a = new long[16][16];
    long[][] b = new long[16][8];
    long[][] c = new long[16][8];
    a[0][0] = 1; // 2^-24
    a[1][0] = 0x3ff; // the largest denormal
    a[2][0] = 0x7c00; // infinity
    a[3][0] = 0xfc00; // minus infinity
    a[4][0] = 0x7e01; // NaN
    a[5][0] = 0x7c00;
    a[5][1] = 0x7c00;
    a[6][0] = 0x8001;
    b[0][0] = 0x3c00; // 1
    b[1][0] = 0xbc00; // -1
    b[0][1] = 1;
    for (TensorMode mode : TensorMode.values()) {
      long[][] d = multiply(HALF, a, b, c, mode);
      assertThat(Float.intBitsToFloat((int) d[0][0])).isEqualTo(0x1p-24f);
      assertThat(Float.intBitsToFloat((int) d[0][1])).isEqualTo(0x1p-48f);
      assertThat(Float.intBitsToFloat((int) d[1][0])).isEqualTo(0x3ff * 0x1p-24f);
      assertThat(Float.intBitsToFloat((int) d[2][0])).isEqualTo(Float.POSITIVE_INFINITY);
      assertThat(Float.intBitsToFloat((int) d[3][0])).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(d[4][0]).as("canonical NaN").isEqualTo(0x7fff_ffffL);
      assertThat(d[5][0]).as("infinity less infinity").isEqualTo(0x7fff_ffffL);
      assertThat(Float.intBitsToFloat((int) d[6][0])).isEqualTo(-0x1p-24f);
      assertThat(d[2][7]).as("infinity times zero").isEqualTo(0x7fff_ffffL);
    }
  }

  @Test
  void roundsHalvesOnceAtTheEnd() {
    Form form = new Form("", "m16n8k8", "f16", "f16", "f16", "f16");
    long[][] a = new long[16][8];
    long[][] b = new long[8][8];
    long[][] c = new long[16][8];
    // 2048 + 1 + 1: a rounding after each step would stay at 2048.
    c[0][0] = Float.floatToFloat16(2048);
    a[0][0] = 0x3c00;
    a[0][1] = 0x3c00;
    b[0][0] = 0x3c00;
    b[1][0] = 0x3c00;
    a[1][0] = Float.floatToFloat16(65504) & 0xffff;
    a[1][1] = Float.floatToFloat16(65504) & 0xffff;
    a[2][0] = 0x7e00;
    long[][] d = multiply(form, a, b, c, TensorMode.ROUNDED);
    assertThat(Float.float16ToFloat((short) d[0][0])).isEqualTo(2050);
    assertThat(Float.float16ToFloat((short) d[1][0])).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(d[2][0]).as("canonical NaN").isEqualTo(0x7fff);
  }

  @Test
  void ignoresTheLowBitsOfTf32() {
    Form form = new Form("", "m16n8k8", "f32", "tf32", "tf32", "f32");
    long[][] a = new long[16][8];
    long[][] b = new long[8][8];
    a[3][2] = Float.floatToRawIntBits(1.5f) | 0x1fff;
    b[2][5] = Float.floatToRawIntBits(3) | 0x1fff;
    long[][] d = multiply(form, a, b, new long[16][8], TensorMode.ROUNDED);
    assertThat(Float.intBitsToFloat((int) d[3][5])).isEqualTo(4.5f);
  }

  @Test
  void saturatesOrWrapsIntegers() {
    long[][] a = new long[16][32];
    long[][] b = new long[32][8];
    long[][] c = new long[16][8];
    a[0][0] = 127;
    a[1][0] = 0x80;
    b[0][0] = 127;
    c[0][0] = Integer.MAX_VALUE - 1;
    c[1][0] = Integer.MIN_VALUE + 1L & 0xffff_ffffL;
    Form wrapping = new Form("", "m16n8k32", "s32", "s8", "s8", "s32");
    long[][] wrapped = multiply(wrapping, a, b, c, TensorMode.ROUNDED);
    assertThat((int) wrapped[0][0]).isEqualTo(Integer.MAX_VALUE - 1 + 127 * 127);
    assertThat((int) wrapped[1][0]).isEqualTo(Integer.MIN_VALUE + 1 - 128 * 127);
    Form saturating = new Form("satfinite", "m16n8k32", "s32", "s8", "s8", "s32");
    long[][] clamped = multiply(saturating, a, b, c, TensorMode.ROUNDED);
    assertThat((int) clamped[0][0]).isEqualTo(Integer.MAX_VALUE);
    assertThat((int) clamped[1][0]).isEqualTo(Integer.MIN_VALUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rn", "rz", "rm", "rp"})
  void roundsDoublesAsTold(String rounding) {
    Form form = new Form(rounding, "m8n8k4", "f64", "f64", "f64", "f64");
    SplittableRandom random = new SplittableRandom(17);
    long[][] a = new long[8][4];
    long[][] b = new long[4][8];
    long[][] c = new long[8][8];
    for (int row = 0; row < 8; row++) {
      a[row][2] = Double.doubleToRawLongBits(random.nextDouble(-2, 2));
      for (int column = 0; column < 8; column++) {
        b[2][column] = Double.doubleToRawLongBits(random.nextDouble(-2, 2));
        c[row][column] = Double.doubleToRawLongBits(random.nextDouble(-2, 2));
      }
    }
    long[][] d = multiply(form, a, b, c, TensorMode.ROUNDED);
    for (int row = 0; row < 8; row++) {
      for (int column = 0; column < 8; column++) {
        BigDecimal exact =
            Matrices.value("f64", c[row][column])
                .add(
                    Matrices.value("f64", a[row][2]).multiply(Matrices.value("f64", b[2][column])));
        assertThat(Double.longBitsToDouble(d[row][column])).isEqualTo(round(exact, rounding));
      }
    }
  }

  private static double round(BigDecimal exact, String rounding) {
    double nearest = exact.doubleValue();
    int beyond = new BigDecimal(nearest).compareTo(exact);
    boolean down = rounding.equals("rm") || rounding.equals("rz") && exact.signum() > 0;
    boolean up = rounding.equals("rp") || rounding.equals("rz") && exact.signum() < 0;
    if (down && beyond > 0) {
      return Math.nextDown(nearest);
    }
    return up && beyond < 0 ? Math.nextUp(nearest) : nearest;
  }

  @ParameterizedTest
  @MethodSource("forms")
  void givesTheSameBitsWithoutTheVectorApi(Form form) {
    SplittableRandom random = new SplittableRandom(19);
    long[][] a = anyBits(form.m(), form.k(), form.a(), random);
    long[][] b = anyBits(form.k(), 8, form.b(), random);
    long[][] c = anyBits(form.m(), 8, form.c(), random);
    long[][] fast = multiply(form, a, b, c, TensorMode.ROUNDED);
    long[][] plain = VectorForms.without(() -> multiply(form, a, b, c, TensorMode.ROUNDED));
    assertThat(fast).isDeepEqualTo(plain);
  }

  private static long[][] anyBits(int rows, int columns, String type, SplittableRandom random) {
    long[][] matrix = new long[rows][columns];
    int bits = Matrices.bits(type);
    for (long[] row : matrix) {
      Arrays.setAll(row, i -> bits == 64 ? random.nextLong() : random.nextLong(1L << bits));
    }
    return matrix;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f32",
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f16",
        "mma.sync.aligned.m16n8k16.col.col.f32.f16.f16.f32",
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.bf16.f32",
        "mma.sync.aligned.m16n8k16.row.col.satfinite.f32.f16.f16.f32",
        "mma.sync.aligned.m16n8k8.row.col.f16.bf16.bf16.f16",
        "mma.sync.aligned.m16n8k32.row.col.s32.s4.u8.s32",
        "mma.sync.aligned.m16n8k16.row.col.f32.tf32.tf32.f32",
        "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e5m2.f16",
        "mma.sync.aligned.m16n8k32.row.col.f32.e2m1.e2m1.f32",
        "mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32",
        "mma.sync.aligned.m16n8k8.row.col.rna.f32.tf32.tf32.f32",
        "mma.sync.aligned.m16n8k12.row.col.f32.f16.f16.f32",
        "mma.m16n8k16.row.col.f32.f16.f16.f32"
      })
  void refusesWhatTheAssemblerRefuses(String mnemonic) {
    assertThatThrownBy(() -> anyOperands(mnemonic).decode())
        .satisfiesAnyOf(
            e -> assertThat(e).isInstanceOf(MalformedInstruction.class),
            // A modifier that nobody took is left to the test harness, as to the program's builder.
            e -> assertThat(e).isInstanceOf(AssertionError.class));
  }

  @Test
  void saysThatSparseMatricesAreUnknown() {
    assertThatThrownBy(
            () -> anyOperands("mma.sp.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32").decode())
        .isInstanceOf(UnsupportedInstruction.class)
        .hasMessageContaining("sparse");
  }

  @Test
  void refusesAWrongNumberOfRegisters() {
    assertThatThrownBy(
            () ->
                SingleStep.of(HALF.mnemonic())
                    .outMatrix(PtxType.B32, 4)
                    .inMatrix(PtxType.B32, new long[2][32])
                    .inMatrix(PtxType.B32, new long[2][32])
                    .inMatrix(PtxType.B32, new long[4][32])
                    .decode())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("4 registers");
  }

  private static SingleStep anyOperands(String mnemonic) {
    return SingleStep.of(mnemonic)
        .outMatrix(PtxType.B32, 4)
        .inMatrix(PtxType.B32, new long[4][32])
        .inMatrix(PtxType.B32, new long[2][32])
        .inMatrix(PtxType.B32, new long[4][32]);
  }

  @Test
  void faultsWhereALaneIsMissing() {
    SingleStep step =
        anyOperands(HALF.mnemonic())
            .block(TensorBlock.with(TensorMode.ROUNDED))
            .active(0x7fff_ffff);
    assertThatThrownBy(step::run)
        .isInstanceOfSatisfying(LaneFault.class, fault -> assertThat(fault.lane()).isEqualTo(31))
        .hasMessageContaining("all 32 lanes");
  }
}
