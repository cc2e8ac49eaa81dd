package dev.kiln.kernels.attention;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import java.util.Optional;

/**
 * Attention, {@code o = dropout(softmax(s)) v} with {@code s = cap tanh(scale q.k / cap) + bias -
 * slope |distance|}, without ever storing {@code s}: Dao et al., "FlashAttention", 2022.
 *
 * <p>Arrays are {@code batch x heads x rows x head size} by strides, so that {@code batch x rows x
 * heads x head size} is a {@link NdArray#permute permuted} view; in packed batches of varying
 * lengths they are {@code heads x rows x head size}. Neighbours along the head lie side by side. A
 * head has 1 to 256 numbers. There may be fewer key and value heads than query heads, if they
 * divide them: neighbouring query heads share one. All arrays are fp32, fp16 or bf16, with
 * arithmetic in fp32, or all fp64. A query that sees no key gives 0. The same bits in every run and
 * on any number of threads. Not thread-safe.
 */
public final class Attention {
  private static final String FILE = "attention.py";

  private static final String BACKWARD_FILE = "attention_backward.py";
  private static final String FORWARD = "Attention.forward";
  private static final String BACKWARD = "Attention.backward";
  private static final int SMALLEST_BLOCK = 16;
  private static final int LARGEST_HEAD = 256;
  private static final int ROWS = 64;

  /** Heads of keys in all batches that are enough to keep the cores busy. */
  private static final long HEADS_FOR_CPU = 4;

  private final Device device;
  private final Optional<Blocks> given;
  private final Workspace statistics;
  private final Workspace sums;
  private final KernelCall forward;
  private final KernelCall delta;
  private final KernelCall scaledSums;
  private final KernelCall keysGradient;
  private final KernelCall queriesGradient;

  public Attention(Device device) {
    this(device, Optional.empty());
  }

  /** With block sizes of one's own. */
  public Attention(Device device, Blocks blocks) {
    this(device, Optional.of(blocks));
  }

  private Attention(Device device, Optional<Blocks> given) {
    this.device = device;
    this.given = given;
    statistics = new Workspace(device);
    sums = new Workspace(device);
    forward = new KernelCall(FILE, "attention_kernel", device);
    delta = new KernelCall(BACKWARD_FILE, "attention_delta_kernel", device);
    scaledSums = new KernelCall(BACKWARD_FILE, "attention_sums_kernel", device);
    keysGradient = new KernelCall(BACKWARD_FILE, "attention_keys_gradient_kernel", device);
    queriesGradient = new KernelCall(BACKWARD_FILE, "attention_queries_gradient_kernel", device);
  }

  /**
   * Sizes of blocks: powers of two, at least 16. Shorter sequences take smaller ones.
   *
   * @param queries of a program of the forward pass
   * @param keys that it takes at a time
   * @param gradientOuter queries or keys of a program of the backward pass
   * @param gradientInner keys or queries that it takes at a time
   * @param warps of a program on a GPU
   * @param stages of its software pipeline
   */
  public record Blocks(
      int queries, int keys, int gradientOuter, int gradientInner, int warps, int stages) {
    /** With 4 warps and 3 stages. */
    public Blocks(int queries, int keys, int gradientOuter, int gradientInner) {
      this(queries, keys, gradientOuter, gradientInner, 4, 3);
    }
  }

  private Blocks blocks(AttentionShape shape) {
    return given.orElseGet(
        () ->
            AttentionTuning.blocks(
                device.target(), shape.in().q().dtype(), shape.head(), shape.keys()));
  }

  /**
   * Computes {@code o}, and {@code lse} for the backward pass.
   *
   * @param o of the shape and dtype of the queries
   * @param lse receives {@code log(sum(exp(s)))} of each row, minus infinity where a query sees
   *     nothing: fp32 (fp64 beside fp64), {@code batch x heads x rows}, or {@code heads x rows} if
   *     packed, rows side by side; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(Inputs in, AttentionOptions options, NdArray o, NdArray lse) {
    var shape = AttentionShape.of(FORWARD, in);
    options.check(FORWARD);
    shape.likeQueries("o", o);
    shape.apart("o", o);
    if (lse != null) {
      shape.rowStatistics("lse", lse);
    }
    if (o.size() == 0) {
      return;
    }
    forward.start().array(in.q()).array(in.k()).array(in.v()).array(o).array(lse);
    masks(forward, in);
    inputRows(forward, in);
    AttentionShape.rows(forward, o);
    AttentionShape.statistics(forward, lse);
    AttentionShape.bias(forward, in.bias());
    numbers(forward, shape, options);
    Blocks blocks = blocks(shape);
    int rows = block(shape.queries(), blocks.queries);
    constants(forward, shape, rows, block(shape.keys(), blocks.keys));
    forward.tuned(blocks.warps, blocks.stages);
    over(forward, shape.queries(), rows, shape.heads(), shape.batch());
  }

  /**
   * Computes the gradients of the inputs.
   *
   * @param in as in the forward pass
   * @param options as in the forward pass
   * @param o what the forward pass gave
   * @param lse what the forward pass gave
   * @param dO the gradient of {@code o}, of its shape and dtype
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      Inputs in, AttentionOptions options, NdArray o, NdArray lse, NdArray dO, Gradients grads) {
    var shape = AttentionShape.of(BACKWARD, in);
    options.check(BACKWARD);
    shape.likeQueries("o", o);
    shape.rowStatistics("lse", lse);
    shape.likeQueries("dO", dO);
    shape.likeQueries("grads.q", grads.q());
    shape.like("grads.k", grads.k(), "k", in.k());
    shape.like("grads.v", grads.v(), "k", in.k());
    shape.biasGradient(grads.bias());
    shape.apart("grads.q", grads.q());
    shape.apart("grads.k", grads.k());
    shape.apart("grads.v", grads.v());
    Check.apart(BACKWARD, "grads.q", grads.q(), "dO", dO);
    Check.apart(BACKWARD, "grads.k", grads.k(), "dO", dO);
    Check.apart(BACKWARD, "grads.v", grads.v(), "dO", dO);
    NdArray deltas = statistics.array(shape.compute(), lse.shape());
    NdArray sumsOfQueries =
        isByHead(shape, grads)
            ? sums.array(shape.compute(), Math.multiplyExact(lse.size(), shape.head()))
            : null;
    if (o.size() != 0) {
      delta(shape, o, dO, deltas, sumsOfQueries);
    }
    if (in.k().size() != 0) {
      keysGradient(shape, options, lse, deltas, dO, grads, sumsOfQueries);
    }
    if (o.size() == 0) {
      return;
    }
    if (sumsOfQueries == null) {
      queriesGradient(shape, options, lse, deltas, dO, grads);
    } else {
      scaledSums(shape, options, deltas, sumsOfQueries, grads.q());
    }
  }

  /**
   * Whether the queries' gradients are summed while those of the keys are computed, a launch for
   * each block of keys. The result must not depend on the number of threads, nor may this.
   */
  private boolean isByHead(AttentionShape shape, Gradients grads) {
    return !device.target().isGpu()
        && grads.bias() == null
        && shape.batch() * shape.keyHeads() >= HEADS_FOR_CPU;
  }

  private void delta(
      AttentionShape shape, NdArray o, NdArray dO, NdArray deltas, NdArray sumsOfQueries) {
    delta.start().array(o).array(dO).array(deltas).array(sumsOfQueries);
    AttentionShape.rows(delta, o);
    AttentionShape.rows(delta, dO);
    AttentionShape.statistics(delta, deltas);
    long rows = o.dim(o.rank() - 2);
    delta
        .integer(rows)
        .constant(shape.compute())
        .constant((int) shape.head())
        .constant(BlockSizes.around(shape.head(), SMALLEST_BLOCK, LARGEST_HEAD))
        .constant(ROWS);
    over(delta, rows, ROWS, shape.heads(), o.rank() == 3 ? 1 : shape.batch());
  }

  private void scaledSums(
      AttentionShape shape, AttentionOptions options, NdArray deltas, NdArray from, NdArray dq) {
    scaledSums.start().array(from).array(dq);
    AttentionShape.rows(scaledSums, dq);
    AttentionShape.statistics(scaledSums, deltas);
    long rows = dq.dim(dq.rank() - 2);
    scaledSums
        .integer(rows)
        .number(shape.compute(), options.scaleFor(shape.head()))
        .constant((int) shape.head())
        .constant(BlockSizes.around(shape.head(), SMALLEST_BLOCK, LARGEST_HEAD))
        .constant(ROWS);
    over(scaledSums, rows, ROWS, shape.heads(), dq.rank() == 3 ? 1 : shape.batch());
  }

  private void keysGradient(
      AttentionShape shape,
      AttentionOptions options,
      NdArray lse,
      NdArray deltas,
      NdArray dO,
      Gradients grads,
      NdArray sumsOfQueries) {
    Blocks blocks = blocks(shape);
    int keys = block(shape.keys(), blocks.gradientOuter);
    int blocksOfKeys = Grid.cdiv(shape.keys(), keys);
    int launches = sumsOfQueries == null ? 1 : blocksOfKeys;
    for (int first = 0; first < launches; first++) {
      KernelCall call = keysGradient;
      Inputs in = shape.in();
      call.start().array(in.q()).array(in.k()).array(in.v()).array(dO).array(lse).array(deltas);
      call.array(grads.k()).array(grads.v()).array(sumsOfQueries);
      masks(call, in);
      inputRows(call, in);
      AttentionShape.rows(call, dO);
      AttentionShape.statistics(call, lse);
      AttentionShape.statistics(call, deltas);
      AttentionShape.rows(call, grads.k());
      AttentionShape.rows(call, grads.v());
      AttentionShape.bias(call, in.bias());
      numbers(call, shape, options);
      call.number(shape.compute(), options.scaleFor(shape.head())).integer(first);
      constants(call, shape, block(shape.queries(), blocks.gradientInner), keys);
      call.tuned(blocks.warps, blocks.stages);
      call.over(
          blocksOfKeys / launches,
          Math.toIntExact(shape.keyHeads()),
          Math.toIntExact(shape.batch()));
    }
  }

  private void queriesGradient(
      AttentionShape shape,
      AttentionOptions options,
      NdArray lse,
      NdArray deltas,
      NdArray dO,
      Gradients grads) {
    KernelCall call = queriesGradient;
    Inputs in = shape.in();
    call.start().array(in.q()).array(in.k()).array(in.v()).array(dO).array(lse).array(deltas);
    call.array(grads.q()).array(grads.bias());
    masks(call, in);
    inputRows(call, in);
    AttentionShape.rows(call, dO);
    AttentionShape.statistics(call, lse);
    AttentionShape.statistics(call, deltas);
    AttentionShape.rows(call, grads.q());
    AttentionShape.bias(call, grads.bias());
    AttentionShape.bias(call, in.bias());
    numbers(call, shape, options);
    call.number(shape.compute(), options.scaleFor(shape.head()));
    Blocks blocks = blocks(shape);
    int rows = block(shape.queries(), blocks.gradientOuter);
    constants(call, shape, rows, block(shape.keys(), blocks.gradientInner));
    call.tuned(blocks.warps, blocks.stages);
    over(call, shape.queries(), rows, shape.heads(), shape.batch());
  }

  private static int block(long n, int most) {
    return BlockSizes.around(n, SMALLEST_BLOCK, most);
  }

  private static void masks(KernelCall call, Inputs in) {
    call.array(in.bias()).array(in.slopes()).array(in.queryStarts()).array(in.keyStarts());
  }

  private static void inputRows(KernelCall call, Inputs in) {
    AttentionShape.rows(call, in.q());
    AttentionShape.rows(call, in.k());
    AttentionShape.rows(call, in.v());
  }

  private static void numbers(KernelCall call, AttentionShape shape, AttentionOptions options) {
    shape.sizes(call);
    options.numbers(call, shape.compute(), shape.head());
    options.constants(call);
  }

  private void constants(KernelCall call, AttentionShape shape, int blockM, int blockN) {
    call.constant("ieee")
        .constant(operand(shape.in().q().dtype()))
        .constant(shape.compute())
        .constant((int) shape.head())
        .constant(BlockSizes.around(shape.head(), SMALLEST_BLOCK, LARGEST_HEAD))
        .constant(blockM)
        .constant(blockN);
  }

  private static void over(KernelCall call, long rows, int block, long heads, long batch) {
    call.over(Grid.cdiv(rows, block), Math.toIntExact(heads), Math.toIntExact(batch));
  }

  /** The type of a product's operands: a GPU multiplies narrow ones, the CPU widens them anyway. */
  private DType operand(DType dtype) {
    return device.target().isGpu() || dtype == DType.FP64 ? dtype : DType.FP32;
  }
}
