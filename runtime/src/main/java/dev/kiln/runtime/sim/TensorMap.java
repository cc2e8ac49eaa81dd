package dev.kiln.runtime.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;

/**
 * Describes a tensor in global memory and the box of it that one {@code cp.async.bulk.tensor}
 * copies: what {@code cuTensorMapEncodeTiled} makes, with its parameters and its checks. A kernel
 * gets the {@value #BYTES} bytes of {@link #encode} as a {@code __grid_constant__} parameter, or in
 * global or constant memory at an address that is a multiple of 64. Their layout is the simulator's
 * own.
 *
 * <p>Dimension 0 is the innermost. Source: CUDA driver API, section "Tensor Map Object Management".
 */
public final class TensorMap {
  /** Size of the encoded form. */
  public static final int BYTES = 128;

  public static final int MAX_RANK = 5;

  private static final int MAGIC = 0x4b544d31; // "KTM1"
  private static final long MAX_DIMENSION = 1L << 32;
  private static final long MAX_STRIDE = 1L << 40;
  private static final int MAX_BOX = 256;
  private static final int MAX_ELEMENT_STRIDE = 8;
  private static final int GRANULE = 16;
  private static final int CHECKSUM_AT = BYTES - Integer.BYTES;

  /** Type of the elements. */
  public enum DataType {
    UINT8(1, false),
    UINT16(2, false),
    UINT32(4, false),
    INT32(4, false),
    UINT64(8, false),
    INT64(8, false),
    FLOAT16(2, true),
    FLOAT32(4, true),
    FLOAT64(8, true),
    BFLOAT16(2, true),
    FLOAT32_FTZ(4, true),
    TFLOAT32(4, true),
    TFLOAT32_FTZ(4, true);

    private final int bytes;
    private final boolean isFloat;

    DataType(int bytes, boolean isFloat) {
      this.bytes = bytes;
      this.isFloat = isFloat;
    }

    /** As which elements of a type are copied; what maps do not know is bytes. */
    public static DataType of(DType dtype) {
      return switch (dtype) {
        case I1, I8, U8, FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 -> UINT8;
        case I16, U16 -> UINT16;
        case I32 -> INT32;
        case U32 -> UINT32;
        case I64 -> INT64;
        case U64 -> UINT64;
        case FP16 -> FLOAT16;
        case BF16 -> BFLOAT16;
        case FP32 -> FLOAT32;
        case FP64 -> FLOAT64;
      };
    }

    /** Size of an element. */
    public int bytes() {
      return bytes;
    }

    public boolean isFloat() {
      return isFloat;
    }
  }

  /** Layout of channels in memory. */
  public enum Interleave {
    NONE,
    BYTES_16,
    BYTES_32
  }

  /** How 16-byte chunks are permuted in shared memory. */
  public enum Swizzle {
    NONE(0),
    BYTES_32(32),
    BYTES_64(64),
    BYTES_128(128);

    private final int span;

    Swizzle(int span) {
      this.span = span;
    }

    /** Bytes within which chunks move; 0 for none. */
    public int span() {
      return span;
    }

    /**
     * The place of a byte in shared memory: the bits of the 16-byte chunk within the span are XORed
     * with those of the 128-byte line, 3 bits up (PTX ISA, "Swizzling Modes").
     */
    public long apply(long address) {
      return span == 0 ? address : address ^ ((address >>> 7 & (span / GRANULE - 1)) << 4);
    }
  }

  /** Size of the L2 fetch; without effect here. */
  public enum L2Promotion {
    NONE,
    BYTES_64,
    BYTES_128,
    BYTES_256
  }

  /** What elements outside of the tensor read as. */
  public enum OutOfBoundsFill {
    ZERO,
    /** A NaN that multiply-adds take for 0; float types only. */
    NAN_REQUEST_ZERO_FMA
  }

  private final DataType type;
  private final long address;
  private final long[] dimensions;
  private final long[] strides;
  private final int[] box;
  private final int[] elementStrides;
  private final Interleave interleave;
  private final Swizzle swizzle;
  private final L2Promotion promotion;
  private final OutOfBoundsFill fill;

  private TensorMap(Builder builder) {
    type = builder.type;
    address = builder.address;
    dimensions = builder.dimensions;
    strides = builder.strides;
    box = builder.box;
    elementStrides = builder.elementStrides;
    interleave = builder.interleave;
    swizzle = builder.swizzle;
    promotion = builder.promotion;
    fill = builder.fill;
  }

  /**
   * Starts a map.
   *
   * @param address of element 0 in the device's memory, a multiple of 16
   * @param dimensions elements in each dimension, 1 to 5 of them, innermost first
   */
  public static Builder tiled(DataType type, long address, long... dimensions) {
    return new Builder(type, address, dimensions);
  }

  public DataType type() {
    return type;
  }

  public int rank() {
    return dimensions.length;
  }

  public long address() {
    return address;
  }

  /** Number of elements in a dimension. */
  public long dimension(int index) {
    return dimensions[index];
  }

  /** Bytes from one element of a dimension to the next. */
  public long stride(int index) {
    return index == 0 ? type.bytes() : strides[index - 1];
  }

  /** Elements of the tensor that the box spans in a dimension. */
  public int box(int index) {
    return box[index];
  }

  /** Every how manyth element of the box is copied; 1 in dimension 0 whatever was given. */
  public int elementStride(int index) {
    return index == 0 ? 1 : elementStrides[index];
  }

  /** Elements copied in a dimension. */
  public int count(int index) {
    return Math.ceilDiv(box[index], elementStride(index));
  }

  /** Bytes of a box in shared memory, elements outside of the tensor included. */
  public long boxBytes() {
    long bytes = type.bytes();
    for (int i = 0; i < rank(); i++) {
      bytes *= count(i);
    }
    return bytes;
  }

  public Interleave interleave() {
    return interleave;
  }

  public Swizzle swizzle() {
    return swizzle;
  }

  public L2Promotion promotion() {
    return promotion;
  }

  public OutOfBoundsFill fill() {
    return fill;
  }

  /** The form in which kernels get it: {@value #BYTES} bytes. */
  public byte[] encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(MAGIC);
    bytes.put((byte) rank()).put((byte) type.ordinal()).put((byte) interleave.ordinal());
    bytes.put((byte) swizzle.ordinal()).put((byte) promotion.ordinal()).put((byte) fill.ordinal());
    bytes.putShort((short) 0).putInt(0);
    bytes.putLong(address);
    for (int i = 0; i < MAX_RANK; i++) {
      bytes.putInt((int) (i < rank() ? dimensions[i] - 1 : 0));
    }
    for (int i = 0; i < MAX_RANK - 1; i++) {
      bytes.putLong(i < rank() - 1 ? strides[i] : 0);
    }
    for (int i = 0; i < MAX_RANK; i++) {
      bytes.putShort((short) (i < rank() ? box[i] : 0));
    }
    for (int i = 0; i < MAX_RANK; i++) {
      bytes.put((byte) (i < rank() ? elementStrides[i] : 0));
    }
    bytes.putInt(CHECKSUM_AT, checksum(bytes.array()));
    return bytes.array();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws KilnException if the bytes are not a tensor map, or have been changed
   */
  public static TensorMap decode(byte[] encoded) {
    ByteBuffer bytes = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    if (encoded.length != BYTES || bytes.getInt() != MAGIC) {
      throw new KilnException("not a tensor map: the bytes were not made by TensorMap.encode");
    }
    if (bytes.getInt(CHECKSUM_AT) != checksum(encoded)) {
      throw new KilnException("a damaged tensor map: some of its bytes have been overwritten");
    }
    int rank = bytes.get();
    DataType type = DataType.values()[bytes.get()];
    Interleave interleave = Interleave.values()[bytes.get()];
    Swizzle swizzle = Swizzle.values()[bytes.get()];
    L2Promotion promotion = L2Promotion.values()[bytes.get()];
    OutOfBoundsFill fill = OutOfBoundsFill.values()[bytes.get()];
    bytes.getShort();
    bytes.getInt();
    long address = bytes.getLong();
    long[] dimensions = new long[MAX_RANK];
    Arrays.setAll(dimensions, i -> Integer.toUnsignedLong(bytes.getInt()) + 1);
    long[] strides = new long[MAX_RANK - 1];
    Arrays.setAll(strides, i -> bytes.getLong());
    int[] box = new int[MAX_RANK];
    Arrays.setAll(box, i -> bytes.getShort());
    int[] elementStrides = new int[MAX_RANK];
    Arrays.setAll(elementStrides, i -> bytes.get());
    return tiled(type, address, Arrays.copyOf(dimensions, rank))
        .strides(Arrays.copyOf(strides, rank - 1))
        .box(Arrays.copyOf(box, rank))
        .elementStrides(Arrays.copyOf(elementStrides, rank))
        .interleave(interleave)
        .swizzle(swizzle)
        .l2Promotion(promotion)
        .outOfBounds(fill)
        .build();
  }

  /** A builder that starts from this map. */
  public Builder change() {
    return tiled(type, address, dimensions)
        .strides(strides)
        .box(box)
        .elementStrides(elementStrides)
        .interleave(interleave)
        .swizzle(swizzle)
        .l2Promotion(promotion)
        .outOfBounds(fill);
  }

  private static int checksum(byte[] encoded) {
    CRC32 crc = new CRC32();
    crc.update(encoded, 0, CHECKSUM_AT);
    return (int) crc.getValue();
  }

  /** "FLOAT16 tensor [64, 128] at 0x1000000000, box [64, 8]". */
  @Override
  public String toString() {
    return type
        + " tensor "
        + Arrays.toString(dimensions)
        + " at 0x"
        + Long.toHexString(address)
        + ", box "
        + Arrays.toString(box);
  }

  /**
   * The parameters of {@code cuTensorMapEncodeTiled}, with defaults: no padding, box 1, all off.
   */
  public static final class Builder {
    private DataType type;
    private long address;
    private long[] dimensions;
    private long[] strides;
    private int[] box;
    private int[] elementStrides;
    private Interleave interleave = Interleave.NONE;
    private Swizzle swizzle = Swizzle.NONE;
    private L2Promotion promotion = L2Promotion.NONE;
    private OutOfBoundsFill fill = OutOfBoundsFill.ZERO;

    private Builder(DataType type, long address, long[] dimensions) {
      this.type = type;
      this.address = address;
      this.dimensions = dimensions.clone();
      int rank = dimensions.length;
      this.box = filled(rank);
      this.elementStrides = filled(rank);
      this.strides = new long[Math.max(0, rank - 1)];
      long stride = type.bytes();
      for (int i = 0; i < strides.length; i++) {
        stride *= dimensions[i];
        strides[i] = stride;
      }
    }

    private static int[] filled(int rank) {
      int[] ones = new int[rank];
      Arrays.fill(ones, 1);
      return ones;
    }

    public Builder type(DataType value) {
      type = value;
      return this;
    }

    public Builder address(long value) {
      address = value;
      return this;
    }

    /** Changes the number of elements in one dimension; strides stay. */
    public Builder dimensionAt(int index, long value) {
      dimensions[index] = value;
      return this;
    }

    /** Drops or adds dimensions; new ones have one element. */
    public Builder rank(int rank) {
      check(rank >= 1 && rank <= MAX_RANK, "the rank must be 1 to 5, not " + rank);
      int old = dimensions.length;
      dimensions = Arrays.copyOf(dimensions, rank);
      box = Arrays.copyOf(box, rank);
      elementStrides = Arrays.copyOf(elementStrides, rank);
      strides = Arrays.copyOf(strides, rank - 1);
      for (int i = old; i < rank; i++) {
        dimensions[i] = 1;
        box[i] = 1;
        elementStrides[i] = 1;
      }
      return this;
    }

    /** Changes one stride: 0 for that of dimension 1, and so on. */
    public Builder strideAt(int index, long bytes) {
      strides[index] = bytes;
      return this;
    }

    /** Changes the box in one dimension. */
    public Builder boxAt(int index, int elements) {
      box = box.clone();
      box[index] = elements;
      return this;
    }

    /** Changes one element stride. */
    public Builder elementStrideAt(int index, int elements) {
      elementStrides[index] = elements;
      return this;
    }

    /** Bytes from one element to the next in dimensions 1, 2 ... */
    public Builder strides(long... bytes) {
      strides = bytes.clone();
      return this;
    }

    /** Elements that the box spans in each dimension. */
    public Builder box(int... elements) {
      box = elements.clone();
      return this;
    }

    /** Steps from one copied element to the next in each dimension. */
    public Builder elementStrides(int... elements) {
      elementStrides = elements.clone();
      return this;
    }

    public Builder interleave(Interleave value) {
      interleave = value;
      return this;
    }

    public Builder swizzle(Swizzle value) {
      swizzle = value;
      return this;
    }

    public Builder l2Promotion(L2Promotion value) {
      promotion = value;
      return this;
    }

    public Builder outOfBounds(OutOfBoundsFill value) {
      fill = value;
      return this;
    }

    /**
     * Checks the parameters and makes the map.
     *
     * @throws KilnException naming the parameter that breaks a rule of {@code
     *     cuTensorMapEncodeTiled}
     */
    public TensorMap build() {
      int rank = dimensions.length;
      check(rank >= 1 && rank <= MAX_RANK, "the rank must be 1 to 5, not " + rank);
      check(
          interleave == Interleave.NONE || rank >= 3,
          "interleaved layouts need a rank of at least 3, not " + rank);
      checkLength("strides", strides.length, rank - 1);
      checkLength("box", box.length, rank);
      checkLength("element strides", elementStrides.length, rank);
      int alignment = interleave == Interleave.BYTES_32 ? 2 * GRANULE : GRANULE;
      check(
          address % alignment == 0,
          "the address 0x" + Long.toHexString(address) + " is no multiple of " + alignment);
      for (int i = 0; i < rank; i++) {
        checkDimension(i);
      }
      for (int i = 0; i < rank - 1; i++) {
        check(
            strides[i] % alignment == 0 && strides[i] >= 0 && strides[i] < MAX_STRIDE,
            "stride "
                + strides[i]
                + " of dimension "
                + (i + 1)
                + " must be a multiple of "
                + alignment
                + " below 2^40");
      }
      checkInner();
      check(
          fill == OutOfBoundsFill.ZERO || type.isFloat(),
          "NaN cannot be filled into elements of type " + type);
      return new TensorMap(copy());
    }

    /** What the map keeps must not change when the builder is used again. */
    private Builder copy() {
      Builder copy = new Builder(type, address, dimensions);
      copy.strides = strides.clone();
      copy.box = box.clone();
      copy.elementStrides = elementStrides.clone();
      copy.interleave = interleave;
      copy.swizzle = swizzle;
      copy.promotion = promotion;
      copy.fill = fill;
      return copy;
    }

    private void checkDimension(int i) {
      check(
          dimensions[i] >= 1 && dimensions[i] <= MAX_DIMENSION,
          "dimension " + i + " must have 1 to 2^32 elements, not " + dimensions[i]);
      check(
          box[i] >= 1 && box[i] <= MAX_BOX,
          "the box must have 1 to 256 elements in dimension " + i + ", not " + box[i]);
      check(
          elementStrides[i] >= 1 && elementStrides[i] <= MAX_ELEMENT_STRIDE,
          "element stride " + i + " must be 1 to 8, not " + elementStrides[i]);
    }

    private void checkInner() {
      if (interleave != Interleave.NONE) {
        return;
      }
      long inner = (long) box[0] * type.bytes();
      check(
          inner % GRANULE == 0,
          "the box's innermost dimension has " + inner + " bytes, no multiple of 16");
      check(
          swizzle == Swizzle.NONE || inner <= swizzle.span(),
          "the box's innermost dimension has "
              + inner
              + " bytes, more than the swizzle's "
              + swizzle.span());
    }

    private static void checkLength(String what, int length, int expected) {
      check(length == expected, "there must be " + expected + " " + what + ", not " + length);
    }

    private static void check(boolean holds, String message) {
      if (!holds) {
        throw new KilnException("tensor map: " + message);
      }
    }
  }
}
