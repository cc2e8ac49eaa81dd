package dev.kiln.kernels.attention;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

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

  private final Device device;
  private final Blocks blocks;
  private final KernelCall forward;

  public Attention(Device device) {
    this(device, Blocks.of(device));
  }

  /** With block sizes of one's own. */
  public Attention(Device device, Blocks blocks) {
    this.device = device;
    this.blocks = blocks;
    forward = new KernelCall(FILE, "attention_kernel", device);
  }

  /**
   * Queries and keys that a program takes at a time: powers of two, at least 16.
   *
   * @param queries of a program of the forward pass, and of the pass for the queries' gradients
   * @param keys that it takes at a time
   */
  public record Blocks(int queries, int keys) {
    static Blocks of(Device device) {
      return device.target().isGpu() ? new Blocks(128, 64) : new Blocks(128, 128);
    }
  }

  /**
   * Computes {@code o}, and {@code lse} for the backward pass.
   *
   * @param o of the shape of the queries
   * @param lse receives {@code log(sum(exp(s)))} of each row, minus infinity where a query sees
   *     nothing: fp32 (fp64 beside fp64), {@code batch x heads x rows}, or {@code heads x rows} if
   *     packed, rows side by side; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(Inputs in, AttentionOptions options, NdArray o, NdArray lse) {
    var shape = AttentionShape.of("Attention.forward", in);
    options.check("Attention.forward");
    shape.likeQueries("o", o);
    shape.rowStatistics("lse", lse);
    if (o.size() == 0) {
      return;
    }
    DType compute = shape.compute();
    int blockM = BlockSizes.around(shape.queries(), 16, blocks.queries);
    int blockN = BlockSizes.around(shape.keys(), 16, blocks.keys);
    forward.start().array(in.q()).array(in.k()).array(in.v()).array(o).array(lse);
    masks(forward, in);
    AttentionShape.rows(forward, in.q());
    AttentionShape.rows(forward, in.k());
    AttentionShape.rows(forward, in.v());
    AttentionShape.rows(forward, o);
    AttentionShape.statistics(forward, lse);
    AttentionShape.bias(forward, in.bias());
    shape.sizes(forward);
    options.numbers(forward, compute, shape.head());
    options.constants(forward);
    forward
        .constant("ieee")
        .constant(operand(in))
        .constant(compute)
        .constant((int) shape.head())
        .constant(BlockSizes.around(shape.head(), 16, 256))
        .constant(blockM)
        .constant(blockN)
        .over(
            Grid.cdiv(shape.queries(), blockM),
            Math.toIntExact(shape.heads()),
            Math.toIntExact(shape.batch()));
  }

  private static void masks(KernelCall call, Inputs in) {
    call.array(in.bias()).array(in.slopes()).array(in.queryStarts()).array(in.keyStarts());
  }

  /** The type of a product's operands: a GPU multiplies narrow ones, the CPU widens them anyway. */
  private DType operand(Inputs in) {
    return device.target().isGpu() || in.q().dtype() == DType.FP64 ? in.q().dtype() : DType.FP32;
  }
}
