package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Functions of libdevice that round towards zero, down and up, against exact arithmetic. */
class DirectedRoundingTest {
  private static final int COUNT = 2048;

  /** Which sign has exact result minus a candidate. */
  @FunctionalInterface
  private interface Exact {
    int compare(BigDecimal candidate, BigDecimal x, BigDecimal y, BigDecimal z);
  }

  @ParameterizedTest
  @CsvSource({
    "add, fp32",
    "add, fp64",
    "sub, fp32",
    "sub, fp64",
    "mul, fp32",
    "mul, fp64",
    "div, fp32",
    "div, fp64",
    "rcp, fp32",
    "rcp, fp64",
    "sqrt, fp32",
    "sqrt, fp64",
    "fma, fp32"
  })
  void arithmetic(String name, String type) {
    DType dtype = DType.parse(type).orElseThrow();
    int arity = name.equals("fma") ? 3 : name.equals("rcp") || name.equals("sqrt") ? 1 : 2;
    double[] x = numbers(1, dtype);
    double[] y = numbers(2, dtype);
    double[] z = numbers(3, dtype);
    if (name.equals("sqrt")) {
      Arrays.setAll(x, i -> Math.abs(x[i]));
    }
    cancel(name, x, y, z);
    Exact exact = exact(name);
    for (String mode : new String[] {"rz", "rd", "ru"}) {
      String call =
          "libdevice.%s_%s(%s)".formatted(name, mode, "x, y, z".substring(0, 3 * arity - 2));
      double[] got =
          KernelRun.expression(call)
              .with(dtype, x)
              .with(dtype, y)
              .with(dtype, z)
              .floats(dtype, COUNT);
      for (int i = 0; i < COUNT; i++) {
        check(
            call + " of " + x[i] + ", " + y[i] + ", " + z[i],
            mode,
            dtype,
            got[i],
            exact,
            x[i],
            y[i],
            z[i]);
      }
    }
  }

  private static void check(
      String what, String mode, DType dtype, double got, Exact exact, double... operands) {
    BigDecimal x = new BigDecimal(operands[0]);
    BigDecimal y = new BigDecimal(operands[1]);
    BigDecimal z = new BigDecimal(operands[2]);
    boolean down = mode.equals("rd") || mode.equals("rz") && isPositive(exact, x, y, z);
    // Rounded down, the result is the greatest number that is not above the exact one.
    double next = neighbour(dtype, got, down);
    if (Double.isInfinite(got)) {
      assertThat(got > 0).as(what).isEqualTo(!down);
      BigDecimal largest =
          new BigDecimal(down ? -FloatFormat.largest(dtype) : FloatFormat.largest(dtype));
      assertThat(exact.compare(largest, x, y, z)).as(what).isEqualTo(down ? -1 : 1);
      return;
    }
    int side = exact.compare(new BigDecimal(got), x, y, z);
    assertThat(down ? side : -side).as(what + " is " + got).isNotNegative();
    if (side != 0 && !Double.isInfinite(next)) {
      int beyond = exact.compare(new BigDecimal(next), x, y, z);
      assertThat(down ? beyond : -beyond).as(what + " is " + got + ", not " + next).isNegative();
    }
  }

  private static boolean isPositive(Exact exact, BigDecimal x, BigDecimal y, BigDecimal z) {
    return exact.compare(BigDecimal.ZERO, x, y, z) > 0;
  }

  private static double neighbour(DType dtype, double x, boolean up) {
    if (dtype == DType.FP64) {
      return up ? Math.nextUp(x) : Math.nextDown(x);
    }
    return up ? Math.nextUp((float) x) : Math.nextDown((float) x);
  }

  private static Exact exact(String name) {
    return switch (name) {
      case "add" -> (c, x, y, z) -> x.add(y).compareTo(c);
      case "sub" -> (c, x, y, z) -> x.subtract(y).compareTo(c);
      case "mul" -> (c, x, y, z) -> x.multiply(y).compareTo(c);
      case "fma" -> (c, x, y, z) -> x.multiply(y).add(z).compareTo(c);
      case "div" -> (c, x, y, z) -> x.compareTo(c.multiply(y)) * y.signum();
      case "rcp" -> (c, x, y, z) -> BigDecimal.ONE.compareTo(c.multiply(x)) * x.signum();
      default -> (c, x, y, z) -> c.signum() < 0 ? 1 : x.compareTo(c.multiply(c));
    };
  }

  /** Of all sizes, subnormal ones included; none is 0. */
  private static double[] numbers(long seed, DType dtype) {
    var random = new Random(seed);
    double[] numbers = new double[COUNT];
    for (int i = 0; i < COUNT; i++) {
      double x;
      do {
        x =
            switch (i % 4) {
              case 0 -> random.nextGaussian();
              case 1 -> random.nextInt(-100, 100);
              default ->
                  dtype == DType.FP64
                      ? Double.longBitsToDouble(random.nextLong())
                      : Float.intBitsToFloat(random.nextInt());
            };
        x = FloatFormat.round(dtype, x);
      } while (x == 0 || !Double.isFinite(x));
      numbers[i] = x;
    }
    return numbers;
  }

  /** Makes some sums nearly cancel. */
  private static void cancel(String name, double[] x, double[] y, double[] z) {
    for (int i = 0; i < COUNT; i += 8) {
      if (name.equals("fma")) {
        z[i] = -(float) (x[i] * y[i]);
      } else if (name.equals("add")) {
        y[i] = -x[i];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "int2float, i32, fp32",
    "uint2float, u32, fp32",
    "ll2float, i64, fp32",
    "ull2float, u64, fp32",
    "ll2double, i64, fp64",
    "ull2double, u64, fp64"
  })
  void conversionsOfIntegers(String name, String from, String to) {
    DType source = DType.parse(from).orElseThrow();
    DType dtype = DType.parse(to).orElseThrow();
    var random = new Random(4);
    long[] x = new long[COUNT];
    for (int i = 0; i < COUNT; i++) {
      long bits = random.nextLong() >> random.nextInt(64);
      x[i] = source.bits() == 64 ? bits : source.isSigned() ? (int) bits : bits & 0xFFFFFFFFL;
    }
    x[0] = source.isSigned() ? Long.MAX_VALUE >> 64 - source.bits() : -1L >>> 64 - source.bits();
    for (String mode : new String[] {"rz", "rd", "ru"}) {
      String call = "libdevice." + name + "_" + mode + "(x)";
      double[] got = KernelRun.expression(call).with(source, x).floats(dtype, COUNT);
      for (int i = 0; i < COUNT; i++) {
        BigDecimal exact =
            source.isSigned()
                ? BigDecimal.valueOf(x[i])
                : new BigDecimal(Long.toUnsignedString(x[i]));
        check(
            call + " of " + exact,
            mode,
            dtype,
            got[i],
            (c, a, b, d) -> exact.compareTo(c),
            0,
            0,
            0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"rz", "rd", "ru"})
  void narrowing(String mode) {
    double[] x = numbers(5, DType.FP64);
    for (int i = 0; i < COUNT; i += 2) {
      x[i] = Float.intBitsToFloat(i << 20) * (1 + i * 0x1p-40);
    }
    String call = "libdevice.double2float_" + mode + "(x)";
    double[] got = KernelRun.expression(call).with(DType.FP64, x).floats(DType.FP32, COUNT);
    for (int i = 0; i < COUNT; i++) {
      if (Double.isFinite(x[i])) {
        check(
            call + " of " + x[i],
            mode,
            DType.FP32,
            got[i],
            (c, a, b, d) -> a.compareTo(c),
            x[i],
            0,
            0);
      }
    }
  }
}
