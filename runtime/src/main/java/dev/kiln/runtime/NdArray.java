package dev.kiln.runtime;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * An n-dimensional array of numbers in a device's memory: a buffer with a dtype, a shape and
 * strides. Passed to a kernel it becomes a pointer to its first element; shapes and strides are
 * passed as numbers, as in Triton.
 *
 * <p>Host conversions are exact where the dtype holds the number, and otherwise round to nearest,
 * ties to even. A view shares the buffer of its origin.
 */
public final class NdArray implements AutoCloseable {
  private final Buffer buffer;
  private final DType dtype;
  private final long[] shape;
  private final long[] strides;
  private final long offset;

  private NdArray(Buffer buffer, DType dtype, long[] shape, long[] strides, long offset) {
    this.buffer = Objects.requireNonNull(buffer);
    this.dtype = Objects.requireNonNull(dtype);
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /** Undefined content, row-major. */
  public static NdArray empty(Device device, DType dtype, long... shape) {
    long size = checkedSize(shape);
    return new NdArray(
        device.allocate(Math.multiplyExact(size, dtype.bytes())),
        dtype,
        shape.clone(),
        rowMajor(shape),
        0);
  }

  /** A dense array of zeros in row-major order; no extents make a scalar. */
  public static NdArray zeros(Device device, DType dtype, long... shape) {
    NdArray array = empty(device, dtype, shape);
    array.buffer.fill((byte) 0);
    return array;
  }

  /** A dense array of one value, rounded to the dtype. */
  public static NdArray full(Device device, DType dtype, double value, long... shape) {
    double[] values = new double[Math.toIntExact(checkedSize(shape))];
    Arrays.fill(values, value);
    return of(device, dtype, values, shape);
  }

  /**
   * fp32 from the numbers as they are. Without a shape, of rank 1, or of rank 0 if it is one
   * number.
   */
  public static NdArray of(Device device, float[] values, long... shape) {
    NdArray array = emptyFor(device, DType.FP32, values.length, shape);
    array.buffer.copyFrom(MemorySegment.ofArray(values), 0);
    return array;
  }

  /** i32 from the numbers as they are. */
  public static NdArray of(Device device, int[] values, long... shape) {
    NdArray array = emptyFor(device, DType.I32, values.length, shape);
    array.buffer.copyFrom(MemorySegment.ofArray(values), 0);
    return array;
  }

  /** i64 from the numbers as they are. */
  public static NdArray of(Device device, long[] values, long... shape) {
    NdArray array = emptyFor(device, DType.I64, values.length, shape);
    array.buffer.copyFrom(MemorySegment.ofArray(values), 0);
    return array;
  }

  /**
   * Any dtype from doubles, rounded to nearest even.
   *
   * @throws KilnException if the dtype is an integer and a number is not one, or is outside its
   *     range
   */
  public static NdArray of(Device device, DType dtype, double[] values, long... shape) {
    NdArray array = emptyFor(device, dtype, values.length, shape);
    array.buffer.copyFrom(MemorySegment.ofArray(HostNumbers.encode(dtype, values)), 0);
    return array;
  }

  /** Foreign memory as an array, row-major, without a copy. The memory must outlive the array. */
  public static NdArray wrap(Device device, DType dtype, MemorySegment memory, long... shape) {
    long bytes = Math.multiplyExact(checkedSize(shape), dtype.bytes());
    if (memory.byteSize() < bytes) {
      throw new KilnException(
          "%,d bytes of memory are too few for %s %s (%,d bytes)"
              .formatted(memory.byteSize(), dtype, Arrays.toString(shape), bytes));
    }
    return new NdArray(device.wrap(memory), dtype, shape.clone(), rowMajor(shape), 0);
  }

  /** The bytes between a direct buffer's position and limit as an array, without a copy. */
  public static NdArray wrap(Device device, DType dtype, ByteBuffer direct, long... shape) {
    if (!direct.isDirect()) {
      throw new KilnException("only a direct ByteBuffer can be used without a copy");
    }
    return wrap(device, dtype, MemorySegment.ofBuffer(direct), shape);
  }

  /** An array over a part of a buffer. */
  public static NdArray over(Buffer buffer, DType dtype, long byteOffset, long... shape) {
    long bytes = Math.multiplyExact(checkedSize(shape), dtype.bytes());
    if (byteOffset < 0 || byteOffset > buffer.size() - bytes) {
      throw new DeviceMemoryException(
          "bytes %,d to %,d lie outside a buffer of %,d bytes"
              .formatted(byteOffset, byteOffset + bytes, buffer.size()));
    }
    return new NdArray(buffer, dtype, shape.clone(), rowMajor(shape), byteOffset);
  }

  /** Where the elements lie. */
  public Device device() {
    return buffer.device();
  }

  /** The memory that this array is a view of; shared by views. */
  public Buffer buffer() {
    return buffer;
  }

  /** The type of the elements. */
  public DType dtype() {
    return dtype;
  }

  /** How many axes there are; 0 for a scalar. */
  public int rank() {
    return shape.length;
  }

  /** The extents, one for each axis. */
  public long[] shape() {
    return shape.clone();
  }

  /** The extent of an axis; a negative axis counts from the last. */
  public long dim(int axis) {
    return shape[axis < 0 ? axis + shape.length : axis];
  }

  /** Elements between neighbours along an axis; negative axes count from the last. */
  public long stride(int axis) {
    return strides[axis < 0 ? axis + shape.length : axis];
  }

  /** Number of elements. */
  public long size() {
    long n = 1;
    for (long d : shape) {
      n *= d;
    }
    return n;
  }

  /** Address of the first element, as kernels see it. */
  public long address() {
    return buffer.address() + offset;
  }

  /** Whether the elements lie row by row without gaps. */
  public boolean isContiguous() {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return isEmpty();
      }
      expected *= shape[i];
    }
    return true;
  }

  private boolean isEmpty() {
    for (long extent : shape) {
      if (extent == 0) {
        return true;
      }
    }
    return false;
  }

  /** The same elements under another shape; a single -1 is computed. Only of contiguous arrays. */
  public NdArray reshape(long... newShape) {
    if (!isContiguous()) {
      throw new KilnException("only a contiguous array can be reshaped");
    }
    long[] resolved = newShape.clone();
    int open = -1;
    long known = 1;
    for (int i = 0; i < resolved.length; i++) {
      if (resolved[i] == -1 && open < 0) {
        open = i;
      } else {
        known *= resolved[i];
      }
    }
    if (open >= 0 && known != 0) {
      resolved[open] = size() / known;
    }
    if (checkedSize(resolved) != size()) {
      throw new KilnException(
          "cannot reshape " + Arrays.toString(shape) + " to " + Arrays.toString(newShape));
    }
    return new NdArray(buffer, dtype, resolved, rowMajor(resolved), offset);
  }

  /** Without an axis, whose extent must be 1; a negative axis counts from the last. */
  public NdArray squeeze(int axis) {
    int gone = axis < 0 ? axis + shape.length : axis;
    if (gone < 0 || gone >= shape.length || shape[gone] != 1) {
      throw new KilnException("axis %d of %s is not 1".formatted(axis, Arrays.toString(shape)));
    }
    long[] fewer = new long[shape.length - 1];
    long[] fewerStrides = new long[shape.length - 1];
    for (int i = 0; i < fewer.length; i++) {
      fewer[i] = shape[i < gone ? i : i + 1];
      fewerStrides[i] = strides[i < gone ? i : i + 1];
    }
    return new NdArray(buffer, dtype, fewer, fewerStrides, offset);
  }

  /** Axis {@code i} of the result is axis {@code order[i]} of this. */
  public NdArray permute(int... order) {
    long[] newShape = new long[order.length];
    long[] newStrides = new long[order.length];
    long seen = 0;
    for (int i = 0; i < order.length; i++) {
      int axis = order[i];
      if (axis < 0 || axis >= shape.length || (seen & 1L << axis) != 0) {
        throw notAPermutation(order);
      }
      seen |= 1L << axis;
      newShape[i] = shape[axis];
      newStrides[i] = strides[axis];
    }
    if (order.length != shape.length) {
      throw notAPermutation(order);
    }
    return new NdArray(buffer, dtype, newShape, newStrides, offset);
  }

  private KilnException notAPermutation(int... order) {
    return new KilnException(
        Arrays.toString(order) + " is not a permutation of " + shape.length + " axes");
  }

  /** Indices {@code from} (inclusive) to {@code to} (exclusive) along an axis. */
  public NdArray narrow(int axis, long from, long to) {
    if (from < 0 || to < from || to > shape[axis]) {
      throw new KilnException(
          "%d:%d is no part of axis %d of %s".formatted(from, to, axis, Arrays.toString(shape)));
    }
    long[] narrowed = shape.clone();
    narrowed[axis] = to - from;
    return new NdArray(
        buffer, dtype, narrowed, strides.clone(), offset + from * strides[axis] * dtype.bytes());
  }

  /** Every {@code step}th of the indices {@code from} (inclusive) to {@code to} along an axis. */
  public NdArray narrow(int axis, long from, long to, long step) {
    NdArray dense = narrow(axis, from, to);
    if (step < 1) {
      throw new KilnException("a step must be at least 1, but is " + step);
    }
    dense.shape[axis] = (to - from + step - 1) / step;
    dense.strides[axis] *= step;
    return dense;
  }

  /**
   * The same elements under another shape, aligned at the right: axes of extent 1 are repeated, by
   * a stride of 0, and so are axes that this does not have. Such an array must not be written to.
   */
  public NdArray expand(long... newShape) {
    int missing = newShape.length - shape.length;
    boolean fits = missing >= 0;
    long[] expanded = new long[newShape.length];
    for (int i = 0; fits && i < shape.length; i++) {
      boolean isSame = shape[i] == newShape[missing + i];
      fits = isSame || shape[i] == 1;
      expanded[missing + i] = isSame ? strides[i] : 0;
    }
    if (!fits) {
      throw new KilnException(
          "cannot expand " + Arrays.toString(shape) + " to " + Arrays.toString(newShape));
    }
    checkedSize(newShape);
    return new NdArray(buffer, dtype, newShape.clone(), expanded, offset);
  }

  /**
   * Elements of this array under any shape and strides.
   *
   * @param first steps in memory from this array's first element to the result's
   * @throws KilnException if an element of the result would lie outside of the buffer
   */
  public NdArray strided(long first, long[] newShape, long[] newStrides) {
    long from = offset + first * dtype.bytes();
    long lowest = from;
    long highest = from;
    for (int i = 0; i < newShape.length; i++) {
      long reach = Math.max(0, newShape[i] - 1) * newStrides[i] * dtype.bytes();
      lowest += Math.min(0, reach);
      highest += Math.max(0, reach);
    }
    if (checkedSize(newShape) > 0 && (lowest < 0 || highest + dtype.bytes() > buffer.size())) {
      throw new KilnException(
          "shape %s with strides %s reaches beyond the memory of %s"
              .formatted(Arrays.toString(newShape), Arrays.toString(newStrides), this));
    }
    return new NdArray(buffer, dtype, newShape.clone(), newStrides.clone(), from);
  }

  /** The bits of this array as another dtype of the same width. */
  public NdArray reinterpret(DType other) {
    if (other.bytes() != dtype.bytes()) {
      throw new KilnException("cannot reinterpret " + dtype + " as " + other);
    }
    return new NdArray(buffer, other, shape, strides, offset);
  }

  /**
   * Overwrites the elements with numbers in row-major order, rounded to the dtype. Only of
   * contiguous arrays.
   */
  public void set(double[] values) {
    requireContiguous(values.length);
    buffer.copyFrom(MemorySegment.ofArray(HostNumbers.encode(dtype, values)), offset);
  }

  /** Overwrites fp32 elements in row-major order. Only of contiguous arrays. */
  public void set(float[] values) {
    if (dtype != DType.FP32) {
      throw new KilnException("these are fp32 numbers, the array is " + dtype);
    }
    requireContiguous(values.length);
    buffer.copyFrom(MemorySegment.ofArray(values), offset);
  }

  /**
   * The elements in row-major order; exact for every float type and for integers below
   * 2<sup>53</sup>.
   */
  public double[] toDoubles() {
    return HostNumbers.decode(dtype, toBytes());
  }

  /** The elements in row-major order, rounded to fp32. */
  public float[] toFloats() {
    if (dtype == DType.FP32 && isContiguous()) {
      float[] values = new float[Math.toIntExact(size())];
      buffer.copyTo(MemorySegment.ofArray(values), offset);
      return values;
    }
    double[] wide = toDoubles();
    float[] values = new float[wide.length];
    for (int i = 0; i < wide.length; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  /**
   * The elements of an integer array in row-major order; unsigned types are zero-extended (u64
   * keeps its bits).
   */
  public long[] toLongs() {
    return HostNumbers.decodeIntegers(dtype, toBytes());
  }

  /** The elements' bytes in row-major order. */
  public byte[] toBytes() {
    byte[] bytes = new byte[Math.toIntExact(size() * dtype.bytes())];
    if (bytes.length == 0) {
      return bytes;
    }
    if (isContiguous()) {
      buffer.copyTo(MemorySegment.ofArray(bytes), offset);
    } else {
      gather(bytes);
    }
    return bytes;
  }

  /**
   * The bytes of numbers in a dtype, little endian, rounded to nearest even.
   *
   * @throws KilnException if the dtype is an integer and a number is not one, or is outside its
   *     range
   */
  public static byte[] encode(DType dtype, double[] values) {
    return HostNumbers.encode(dtype, values);
  }

  /** The numbers of which these are the bytes. */
  public static double[] decode(DType dtype, byte[] bytes) {
    return HostNumbers.decode(dtype, bytes);
  }

  private void gather(byte[] bytes) {
    byte[] span = new byte[Math.toIntExact(spanBytes())];
    buffer.copyTo(MemorySegment.ofArray(span), offset);
    int width = dtype.bytes();
    long[] index = new long[shape.length];
    for (int at = 0; at < bytes.length; at += width) {
      long element = 0;
      for (int d = 0; d < index.length; d++) {
        element += index[d] * strides[d];
      }
      System.arraycopy(span, Math.toIntExact(element * width), bytes, at, width);
      for (int d = index.length - 1; d >= 0 && ++index[d] == shape[d]; d--) {
        index[d] = 0;
      }
    }
  }

  /** The same elements of another buffer of the same content. */
  NdArray inBuffer(Buffer other) {
    return new NdArray(other, dtype, shape, strides, offset);
  }

  /** Bytes from the first element to the end of the last. */
  private long spanBytes() {
    long last = 0;
    for (int d = 0; d < shape.length; d++) {
      last += (shape[d] - 1) * strides[d];
    }
    return (last + 1) * dtype.bytes();
  }

  /** Closes the buffer, views of it included. */
  @Override
  public void close() {
    buffer.close();
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape) + " on " + device().name();
  }

  private void requireContiguous(int count) {
    if (!isContiguous() || count != size()) {
      throw new KilnException(
          count
              + " numbers do not fit "
              + this
              + (isContiguous() ? "" : ", which is not contiguous"));
    }
  }

  private static NdArray emptyFor(Device device, DType dtype, int count, long[] shape) {
    long[] actual = shape.length == 0 && count != 1 ? new long[] {count} : shape;
    if (checkedSize(actual) != count) {
      throw new KilnException(count + " numbers do not fit the shape " + Arrays.toString(actual));
    }
    return empty(device, dtype, actual);
  }

  private static long checkedSize(long[] shape) {
    long n = 1;
    for (long d : shape) {
      if (d < 0) {
        throw new KilnException("a shape must not be negative: " + Arrays.toString(shape));
      }
      if (d > 0 && n > Long.MAX_VALUE / d) {
        throw new KilnException("a shape of too many elements: " + Arrays.toString(shape));
      }
      n *= d;
    }
    return n;
  }

  private static long[] rowMajor(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, shape[i]);
    }
    return strides;
  }
}
