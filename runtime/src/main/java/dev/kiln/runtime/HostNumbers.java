package dev.kiln.runtime;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers of the host to and from the little-endian bytes of a dtype. */
final class HostNumbers {
  private HostNumbers() {}

  static byte[] encode(DType dtype, double[] values) {
    var bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, dtype.bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      put(bytes, dtype, dtype.isFloat() ? FloatFormat.toBits(dtype, value) : integer(dtype, value));
    }
    return bytes.array();
  }

  static double[] decode(DType dtype, byte[] data) {
    var bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[data.length / dtype.bytes()];
    for (int i = 0; i < values.length; i++) {
      long bits = get(bytes, dtype);
      if (dtype.isFloat()) {
        values[i] = FloatFormat.fromBits(dtype, bits);
      } else if (dtype == DType.U64 && bits < 0) {
        values[i] = (double) (bits >>> 1 | bits & 1) * 2;
      } else {
        values[i] = bits;
      }
    }
    return values;
  }

  static long[] decodeIntegers(DType dtype, byte[] data) {
    if (dtype.isFloat()) {
      throw new KilnException("the array is " + dtype + ", not an integer type");
    }
    var bytes = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    long[] values = new long[data.length / dtype.bytes()];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(bytes, dtype);
    }
    return values;
  }

  private static void put(ByteBuffer bytes, DType dtype, long bits) {
    switch (dtype.bytes()) {
      case 1 -> bytes.put((byte) bits);
      case 2 -> bytes.putShort((short) bits);
      case 4 -> bytes.putInt((int) bits);
      default -> bytes.putLong(bits);
    }
  }

  /** The bits of a float, or the value of an integer extended as its sign says. */
  private static long get(ByteBuffer bytes, DType dtype) {
    long signed =
        switch (dtype.bytes()) {
          case 1 -> bytes.get();
          case 2 -> bytes.getShort();
          case 4 -> bytes.getInt();
          default -> bytes.getLong();
        };
    if (dtype.isSigned() || dtype.bytes() == 8) {
      return signed;
    }
    return signed & (1L << 8 * dtype.bytes()) - 1;
  }

  private static long integer(DType dtype, double value) {
    double limit = Math.scalb(1.0, dtype.isSigned() ? dtype.bits() - 1 : dtype.bits());
    double lowest = dtype.isSigned() ? -limit : 0;
    if (value != Math.rint(value) || value < lowest || value >= limit) {
      throw new KilnException(value + " is no " + dtype);
    }
    return value >= 0x1p63 ? (long) (value - 0x1p63) ^ Long.MIN_VALUE : (long) value;
  }
}
