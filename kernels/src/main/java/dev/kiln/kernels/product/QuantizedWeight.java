package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * A matrix of {@code K x N} small integers with scales: {@code w = (q - zero) scale}, where groups
 * of rows of a column share scale and zero.
 *
 * @param bits 8 or 4
 * @param k rows of the matrix
 * @param group rows of a group: a power of two from 32 to 1024
 * @param q with 8 bits {@code K x N} of i8, any strides; with 4 bits {@code G group/2 x N} of u8 as
 *     {@link #pack} makes them, {@code G = ceil(K / group)}
 * @param scales {@code G x N} of a float dtype, contiguous
 * @param zeros likewise, or null: then 0 stands for 0 with 8 bits, and 8 with 4 bits
 */
public record QuantizedWeight(
    int bits, long k, int group, NdArray q, NdArray scales, NdArray zeros) {
  private static final String NAME = "QuantizedWeight";
  private static final int LEAST_GROUP = 32;
  private static final int MOST_GROUP = 1024;

  /** The 4-bit number that stands for 0 where there are no zeros. */
  public static final int MIDDLE = 8;

  /**
   * @throws dev.kiln.runtime.KilnException if the arrays do not fit together
   */
  public QuantizedWeight {
    if (bits != 8 && bits != 4) {
      throw Check.fault(NAME, "bits", "must be 8 or 4, but is " + bits);
    }
    if (k < 0) {
      throw Check.fault(NAME, "k", "must be at least 0, but is " + k);
    }
    checkGroup(group);
    long groups = groups(k, group);
    DType dtype = bits == 8 ? DType.I8 : DType.U8;
    if (q.dtype() != dtype) {
      throw Check.fault(NAME, "q", "must be " + dtype + ", but is " + q);
    }
    long rows = bits == 8 ? k : groups * group / 2;
    Check.matrix(NAME, "q", q, rows, q.rank() == 2 ? q.dim(1) : 0);
    checkNumbers("scales", scales, groups, q.dim(1));
    if (zeros != null) {
      checkNumbers("zeros", zeros, groups, q.dim(1));
    }
  }

  private static void checkGroup(int group) {
    if (Integer.bitCount(group) != 1 || group < LEAST_GROUP || group > MOST_GROUP) {
      throw Check.fault(
          NAME,
          "group",
          "must be a power of two from %d to %d, but is %d"
              .formatted(LEAST_GROUP, MOST_GROUP, group));
    }
  }

  private static void checkNumbers(String argument, NdArray array, long groups, long n) {
    Check.matrix(NAME, argument, array, groups, n);
    Check.contiguous(NAME, argument, array);
    Check.floats(NAME, argument, array);
  }

  private static long groups(long k, int group) {
    return (k + group - 1) / group;
  }

  /** Columns of the matrix. */
  public long n() {
    return q.dim(1);
  }

  /**
   * Quantises to nearest, without zeros: the largest magnitude of a group becomes 127, or 7.
   *
   * @param bits 8 or 4
   * @param w {@code k x n}, row by row
   * @param group rows of a group
   */
  public static QuantizedWeight of(Device device, int bits, double[] w, int k, int n, int group) {
    checkGroup(group);
    int groups = (int) groups(k, group);
    int most = bits == 8 ? Byte.MAX_VALUE : MIDDLE - 1;
    double[] scales = new double[groups * n];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < n; j++) {
        int at = i / group * n + j;
        scales[at] = Math.max(scales[at], Math.abs(w[i * n + j]) / most);
      }
    }
    int[] q = new int[k * n];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < n; j++) {
        double scale = (float) scales[i / group * n + j];
        double nearest = scale == 0 ? 0 : Math.rint(w[i * n + j] / scale);
        q[i * n + j] = (int) Math.clamp(nearest, -most, most);
      }
    }
    NdArray scaleArray = NdArray.of(device, DType.FP32, scales, groups, n);
    if (bits == 8) {
      NdArray array = NdArray.of(device, DType.I8, doubles(q), k, n);
      return new QuantizedWeight(bits, k, group, array, scaleArray, null);
    }
    for (int i = 0; i < q.length; i++) {
      q[i] += MIDDLE;
    }
    byte[] packed = pack(q, k, n, group);
    int[] bytes = new int[packed.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = Byte.toUnsignedInt(packed[i]);
    }
    NdArray array = NdArray.of(device, DType.U8, doubles(bytes), (long) groups * group / 2, n);
    return new QuantizedWeight(bits, k, group, array, scaleArray, null);
  }

  private static double[] doubles(int[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  /**
   * Packs 4-bit numbers two to a byte: the low half of byte {@code (g group/2 + i, j)} is row
   * {@code g group + i}, the high half row {@code g group + group/2 + i}. Missing rows of the last
   * group are {@link #MIDDLE}.
   *
   * @param q {@code k x n} numbers from 0 to 15, row by row
   * @return {@code ceil(k / group) group/2 x n} bytes
   */
  public static byte[] pack(int[] q, int k, int n, int group) {
    int half = group / 2;
    byte[] packed = new byte[(int) groups(k, group) * half * n];
    for (int row = 0; row < packed.length / Math.max(n, 1); row++) {
      int low = row / half * group + row % half;
      for (int j = 0; j < n; j++) {
        int bits = at(q, k, n, low, j) | at(q, k, n, low + half, j) << 4;
        packed[row * n + j] = (byte) bits;
      }
    }
    return packed;
  }

  private static int at(int[] q, int k, int n, int row, int column) {
    int value = row < k ? q[row * n + column] : MIDDLE;
    if (value < 0 || value > 15) {
      throw Check.fault(
          NAME, "q", "must be from 0 to 15, but is %d in row %d".formatted(value, row));
    }
    return value;
  }

  /** The numbers that {@link #pack} packed. */
  public static int[] unpack(byte[] packed, int k, int n, int group) {
    int half = group / 2;
    int[] q = new int[k * n];
    for (int i = 0; i < k; i++) {
      int within = i % group;
      int row = i / group * half + within % half;
      for (int j = 0; j < n; j++) {
        int bits = Byte.toUnsignedInt(packed[row * n + j]);
        q[i * n + j] = within < half ? bits & 15 : bits >> 4;
      }
    }
    return q;
  }

  /** The numbers that this stands for, {@code k x n}, row by row. */
  public double[] toDoubles() {
    int rows = Math.toIntExact(k);
    int n = Math.toIntExact(n());
    double[] numbers = integers(rows, n);
    double[] scale = scales.toDoubles();
    double[] zero = zeros == null ? null : zeros.toDoubles();
    double middle = bits == 4 ? MIDDLE : 0;
    for (int i = 0; i < numbers.length; i++) {
      int at = i / n / group * n + i % n;
      numbers[i] = (numbers[i] - (zero == null ? middle : zero[at])) * scale[at];
    }
    return numbers;
  }

  private double[] integers(int rows, int n) {
    return bits == 8 ? q.toDoubles() : doubles(unpack(q.toBytes(), rows, n, group));
  }
}
