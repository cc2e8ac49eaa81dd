package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.tune.TuningPolicy;

/**
 * Products of matrices and of batches of matrices, with a fused {@link Epilogue}: {@code c =
 * epilogue(a b)}.
 *
 * <p>Operands may be transposed views ({@link NdArray#permute}): only their strides differ. Sums
 * are in fp32, those of fp64 in fp64, those of i8 in i32. Each element is summed in the same order
 * in every run and on any number of threads. Not thread-safe.
 *
 * <p>With the numbers of {@code a} and {@code b} quantised (i8 or an fp8 type), {@link
 * Epilogue#rowScale} and {@link Epilogue#columnScale} bring the sums back to scale.
 */
public final class Matmul implements AutoCloseable {
  private static final String NAME = "Matmul";
  private static final String FILE = "matmul.py";

  /** What a choice of tiles depends on; strides tell how operands lie. */
  private static final String[] TUNING_KEY = {
    "M", "N", "K", "stride_ak", "stride_am", "stride_bn", "stride_bk", "stride_cn", "ACTIVATION"
  };

  /** The tile of the kernel that adds up split sums. */
  private static final int SUM_M = 16;

  private static final int SUM_N = 256;

  private final Device device;

  /** Products of so few rows do not go through tiles; beyond, these are faster on the CPU. */
  private static final int SKINNY_M = 2;

  /** Their block along the axis in which {@code b} is contiguous: long runs of memory. */
  private static final int SKINNY_LEAST_RUN = 128;

  private static final int SKINNY_RUN = 1024;

  /** And along the other. */
  private static final int SKINNY_RUNS = 2;

  /** So many programs share a skinny product, unless their runs become too short. */
  private static final int SKINNY_PROGRAMS = 8;

  private final TileChoice choice;
  private final Precision precision;
  private final KernelCall plain;
  private final Workspace sums;
  private Epilogue last = Epilogue.NONE;
  private KernelCall tuned;
  private int tunedFor;
  private KernelCall persistent;
  private KernelCall split;
  private KernelCall skinny;
  private KernelCall sum;

  /** Chooses tiles by the problem and the device. */
  public Matmul(Device device) {
    this(device, null, Precision.IEEE);
  }

  /**
   * @param tiles for all products, or null to choose them by the problem and the device
   * @param precision of products of fp32 numbers
   */
  public Matmul(Device device, MatmulTiles tiles, Precision precision) {
    this.device = device;
    choice = new TileChoice(device, tiles);
    this.precision = precision;
    plain = new KernelCall(FILE, "matmul_kernel", device);
    sums = new Workspace(device);
  }

  /**
   * Tiles are measured on the device for each problem, or taken from what was measured before; see
   * {@link TuningPolicy#MEASURE}. Sums are then made in an order that may differ from machine to
   * machine.
   */
  public static Matmul tuned(Device device) {
    return tuned(device, TuningPolicy.MEASURE);
  }

  /**
   * Tiles are chosen by a policy among those that would be taken without it and their neighbours.
   * Products of a row or two, and those whose sums are split, are as without.
   */
  public static Matmul tuned(Device device, TuningPolicy policy) {
    Matmul matmul = new Matmul(device);
    matmul.tuned = new KernelCall(FILE, "matmul_kernel", device).tuning(policy, TUNING_KEY);
    return matmul;
  }

  /** {@code c = a b}. */
  public void run(NdArray a, NdArray b, NdArray c) {
    run(a, b, Epilogue.NONE, c);
  }

  /** {@code c = activation(a b + bias)}. */
  public void run(NdArray a, NdArray b, NdArray bias, Activation activation, NdArray c) {
    run(a, b, bias, activation, c, null);
  }

  /**
   * {@code c = activation(a b + bias)}, and {@code pre = a b + bias} beside it.
   *
   * @param bias {@code N} numbers, or null for none
   * @param pre like {@code c}, with its strides, for the backward pass of the activation; or null
   */
  public void run(
      NdArray a, NdArray b, NdArray bias, Activation activation, NdArray c, NdArray pre) {
    if (last.bias() != bias || last.activation() != activation || last.pre() != pre) {
      last = Epilogue.of(bias, activation).withPre(pre);
    }
    run(a, b, last, c);
  }

  /**
   * {@code c = epilogue(a b)}. With {@code K = 0} the product is 0; empty results are left alone.
   *
   * @param a {@code M x K} or {@code B x M x K}, any strides: fp32, fp16, bf16, fp64, i8 or an fp8
   *     type
   * @param b {@code K x N} or {@code B x K x N}, any strides, of the dtype of {@code a}; with fp8,
   *     another fp8 type will do. If one of the two is a matrix, or a batch of one, the whole batch
   *     shares it.
   * @param c {@code M x N}, or {@code B x M x N} if an operand has a batch, any strides: fp32,
   *     fp16, bf16, or fp64 exactly if the operands are; i32 if they are i8 and there is no
   *     epilogue
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray a, NdArray b, Epilogue epilogue, NdArray c) {
    check(a, b, epilogue, c);
    long m = rows(a);
    long n = columns(b);
    long k = columns(a);
    long batch = c.rank() == 3 ? c.dim(0) : 1;
    if (m == 0 || n == 0 || batch == 0) {
      return;
    }
    if (choice.isFree() && m <= SKINNY_M) {
      runSkinny(a, b, epilogue, c, batch);
      return;
    }
    MatmulTiles tiles = choice.tiles(a.dtype(), batch, m, n, k);
    if (tiles.splits() > 1) {
      runSplit(a, b, epilogue, c, tiles, batch);
      return;
    }
    if (tuned != null && tiles.programs() == 0) {
      runTuned(a, b, epilogue, c, tiles, batch);
      return;
    }
    boolean walks = tiles.programs() > 0;
    int programs = Math.multiplyExact(tiles.count(m, n), (int) batch);
    KernelCall call = walks ? persistent() : plain;
    passProblem(call, a, b, epilogue, c);
    if (walks) {
      call.integer(batch);
    }
    passKinds(call, a, epilogue, c)
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.k())
        .constant(tiles.groupM())
        .tuned(tiles.warps(), tiles.stages())
        .over(walks ? Math.min(tiles.programs(), programs) : programs);
  }

  private void runTuned(
      NdArray a, NdArray b, Epilogue epilogue, NdArray c, MatmulTiles tiles, long batch) {
    if (tunedFor != choice.changes()) {
      tunedFor = choice.changes();
      tuned.configurations(TunedTiles.around(tiles, device));
    }
    passProblem(tuned, a, b, epilogue, c);
    passKinds(tuned, a, epilogue, c)
        .over(
            meta ->
                Grid.of(
                    Math.multiplyExact(
                        Grid.cdiv(rows(a), meta.intValue("BLOCK_M"))
                            * Grid.cdiv(columns(b), meta.intValue("BLOCK_N")),
                        (int) batch)));
  }

  /** Arrays, extents and strides. */
  private static void passProblem(
      KernelCall call, NdArray a, NdArray b, Epilogue epilogue, NdArray c) {
    call.start().array(a).array(b);
    epilogue.pass(call, c, compute(c));
    call.integer(rows(a)).integer(columns(b)).integer(columns(a));
    strides(call, a);
    strides(call, b);
    strides(call, c);
    residualStrides(call, epilogue);
  }

  /** What is computed, and in which dtypes. */
  private KernelCall passKinds(KernelCall call, NdArray a, Epilogue epilogue, NdArray c) {
    return call.constant(epilogue.activation().kernelName())
        .constant(accumulator(a))
        .constant(compute(c))
        .constant(precision.kernelName());
  }

  private void runSplit(
      NdArray a, NdArray b, Epilogue epilogue, NdArray c, MatmulTiles tiles, long batch) {
    if (split == null) {
      split = new KernelCall(FILE, "split_k_kernel", device);
      sum = new KernelCall(FILE, "split_k_sum_kernel", device);
    }
    long m = rows(a);
    long n = columns(b);
    long k = columns(a);
    DType acc = accumulator(a);
    DType compute = compute(c);
    int splits = tiles.splits();
    long depth = (long) Grid.cdiv(Grid.cdiv(k, splits), tiles.k()) * tiles.k();
    NdArray partial = sums.array(acc, batch * splits, m, n);
    split.start().array(a).array(b).array(partial).integer(m).integer(n).integer(k).integer(depth);
    strides(split, a);
    strides(split, b);
    split
        .constant(acc)
        .constant(precision.kernelName())
        .constant(splits)
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.k())
        .constant(tiles.groupM())
        .tuned(tiles.warps(), tiles.stages())
        .over(Math.multiplyExact(tiles.count(m, n), (int) batch * splits));
    sum.start().array(partial);
    epilogue.pass(sum, c, compute);
    sum.integer(m).integer(n);
    strides(sum, c);
    residualStrides(sum, epilogue);
    sum.constant(epilogue.activation().kernelName())
        .constant(acc)
        .constant(compute)
        .constant(splits)
        .constant(SUM_M)
        .constant(SUM_N)
        .over(Math.multiplyExact(Grid.cdiv(m, SUM_M) * Grid.cdiv(n, SUM_N), (int) batch));
  }

  private void runSkinny(NdArray a, NdArray b, Epilogue epilogue, NdArray c, long batch) {
    if (skinny == null) {
      skinny = new KernelCall(FILE, "skinny_matmul_kernel", device);
    }
    long m = rows(a);
    long n = columns(b);
    long k = columns(a);
    boolean alongK = b.stride(b.rank() - 2) == 1 && b.stride(b.rank() - 1) != 1;
    int blockM = BlockSizes.around(m, 1, SKINNY_M);
    int run = BlockSizes.around(n / SKINNY_PROGRAMS, SKINNY_LEAST_RUN, SKINNY_RUN);
    int blockN = alongK ? SKINNY_RUNS : run;
    int blockK = alongK ? SKINNY_RUN : SKINNY_RUNS;
    DType compute = compute(c);
    skinny.start().array(a).array(b);
    epilogue.pass(skinny, c, compute);
    skinny.integer(m).integer(n).integer(k);
    strides(skinny, a);
    strides(skinny, b);
    strides(skinny, c);
    residualStrides(skinny, epilogue);
    skinny
        .constant(epilogue.activation().kernelName())
        .constant(accumulator(a))
        .constant(compute)
        .constant(alongK)
        .constant(blockM)
        .constant(blockN)
        .constant(blockK)
        .over(Math.multiplyExact(Grid.cdiv(m, blockM) * Grid.cdiv(n, blockN), (int) batch));
  }

  private KernelCall persistent() {
    if (persistent == null) {
      persistent = new KernelCall(FILE, "persistent_matmul_kernel", device);
    }
    return persistent;
  }

  /** The dtype of sums. */
  static DType accumulator(NdArray a) {
    return switch (a.dtype()) {
      case FP64 -> DType.FP64;
      case I8 -> DType.I32;
      default -> DType.FP32;
    };
  }

  /** The dtype of the epilogue. */
  static DType compute(NdArray c) {
    return switch (c.dtype()) {
      case FP64, I32 -> c.dtype();
      default -> DType.FP32;
    };
  }

  private static long rows(NdArray array) {
    return array.dim(array.rank() - 2);
  }

  private static long columns(NdArray array) {
    return array.dim(array.rank() - 1);
  }

  /** Strides of the batch, of rows and of columns. */
  private static void strides(KernelCall call, NdArray array) {
    int rank = array.rank();
    call.integer(batchStride(array))
        .integer(array.stride(rank - 2))
        .integer(array.stride(rank - 1));
  }

  private static long batchStride(NdArray array) {
    return array.rank() == 3 && array.dim(0) > 1 ? array.stride(0) : 0;
  }

  private static void residualStrides(KernelCall call, Epilogue epilogue) {
    call.integer(epilogue.residual() == null ? 0 : batchStride(epilogue.residual()));
    epilogue.passStrides(call);
  }

  private static void check(NdArray a, NdArray b, Epilogue epilogue, NdArray c) {
    Check.matrices(NAME, "a", a);
    operand("a", a);
    Check.matrices(NAME, "b", b, columns(a), b.rank() >= 2 ? columns(b) : 0);
    if (!(a.dtype().isFp8() && b.dtype().isFp8())) {
      Check.sameDType(NAME, "b", b, "a", a);
    }
    Check.matrices(NAME, "c", c, rows(a), columns(b));
    batch(a, b, c);
    result(a, c);
    epilogue.check(NAME, c, rows(a), columns(b));
    Check.apart(NAME, "c", c, "a", a);
    Check.apart(NAME, "c", c, "b", b);
  }

  private static void operand(String argument, NdArray array) {
    DType dtype = array.dtype();
    if (dtype != DType.I8 && !(dtype.isFloat() && dtype != DType.FP64 && dtype.bits() == 8)) {
      Check.floatsOrDoubles(NAME, argument, array);
    }
  }

  private static void batch(NdArray a, NdArray b, NdArray c) {
    long size = Math.max(size(a), size(b));
    if (size(a) == 0 || size(b) == 0) {
      size = 0;
    }
    batch("a", a, size);
    batch("b", b, size);
    boolean isBatch = a.rank() == 3 || b.rank() == 3;
    if (c.rank() != (isBatch ? 3 : 2) || size(c) != size) {
      throw Check.fault(
          NAME, "c", "must be " + (isBatch ? "a batch of " + size : "a matrix") + ", but is " + c);
    }
  }

  private static void batch(String argument, NdArray operand, long size) {
    if (size(operand) != size && size(operand) != 1) {
      throw Check.fault(NAME, argument, "must be a batch of " + size + ", but is " + operand);
    }
  }

  private static long size(NdArray array) {
    return array.rank() == 3 ? array.dim(0) : 1;
  }

  private static void result(NdArray a, NdArray c) {
    if (a.dtype() == DType.I8 && c.dtype() == DType.I32) {
      return;
    }
    Check.floatsOrDoubles(NAME, "c", c);
    if ((a.dtype() == DType.FP64) != (c.dtype() == DType.FP64)) {
      throw Check.fault(NAME, "c", "must be fp64 exactly if 'a' is, but is " + c);
    }
  }

  /** Frees the memory of split sums. */
  @Override
  public void close() {
    sums.close();
  }
}
