package dev.kiln.kernels.loss;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * The last linear layer of a classifier or of a language model together with its cross-entropy:
 * {@code logits = x w^T + bias}, the loss of each row, and the gradients of {@code x}, {@code w}
 * and {@code bias}, without ever holding all logits.
 *
 * <p>Rows are taken in chunks: their logits are computed into work memory, the gradient goes to the
 * same place, and is multiplied into the results (Hsu et al., "Liger Kernel", 2024). Products add
 * up in one order, chunks one after the other, so that the bits do not depend on the number of
 * threads; they do depend on the size of chunks. Not thread-safe.
 */
public final class LinearCrossEntropy implements AutoCloseable {
  private static final String NAME = "LinearCrossEntropy";

  /**
   * Logits of a chunk, unless rows are so long that it would be too few for a good product: each
   * product copies all weights in the order in which it reads them.
   */
  private static final long CHUNK_LOGITS = 1 << 24;

  private static final int LEAST_ROWS = 64;

  private final Device device;
  private final Matmul matmul;
  private final CrossEntropy crossEntropy;
  private final Pointwise pointwise;
  private final Workspace logits;
  private final Workspace narrowGrads;
  private final Workspace weightSums;
  private final Workspace biasSums;
  private final int chunkRows;
  private NdArray ones;

  /**
   * What is to be computed beside the losses, and the factors {@code weight upstream scale} of it
   * (see {@link LossGradient}).
   *
   * @param dx of the shape and dtype of {@code x}; or null
   * @param dw of the shape of {@code w}, fp32, fp16, bf16, or fp64 exactly if {@code w} is; or null
   * @param dbias {@code classes} numbers, likewise; or null
   * @param factors without {@code grads}
   */
  public record Gradients(NdArray dx, NdArray dw, NdArray dbias, LossGradient factors) {
    public static final Gradients NONE = new Gradients(null, null, null, LossGradient.NONE);

    public Gradients {
      if (factors.grads() != null) {
        throw Check.fault(NAME, "factors", "must have no grads: logits are not kept");
      }
    }

    boolean isNone() {
      return dx == null && dw == null && dbias == null;
    }
  }

  /** Chooses chunks of some 16 million logits, of at least 64 rows. */
  public LinearCrossEntropy(Device device) {
    this(device, 0);
  }

  /**
   * @param chunkRows rows of a chunk; 0 to choose them by the number of classes
   */
  public LinearCrossEntropy(Device device, int chunkRows) {
    if (chunkRows < 0) {
      throw Check.fault(NAME, "chunkRows", "must not be negative, but is " + chunkRows);
    }
    this.device = device;
    this.chunkRows = chunkRows;
    matmul = new Matmul(device);
    crossEntropy = new CrossEntropy(device);
    pointwise = new Pointwise(device);
    logits = new Workspace(device);
    narrowGrads = new Workspace(device);
    weightSums = new Workspace(device);
    biasSums = new Workspace(device);
  }

  /**
   * @param x {@code rows x features}, fp32, fp16, bf16 or fp64, any strides
   * @param w {@code classes x features}, of the dtype of {@code x}, any strides
   * @param bias {@code classes} numbers, fp32, fp16, bf16 or fp64; or null
   * @param targets {@code rows} classes, i32 or i64
   * @param options of the cross-entropy
   * @param rowLosses {@code rows} numbers, fp32 (fp64 with fp64 inputs); or null
   * @param lse likewise, receives the logarithm of each row's sum of exponentials; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray x,
      NdArray w,
      NdArray bias,
      NdArray targets,
      CrossEntropy.Options options,
      NdArray rowLosses,
      NdArray lse,
      Gradients gradients) {
    check(x, w, bias, targets, rowLosses, lse, gradients);
    DType compute = LossRows.compute(x);
    long rows = x.dim(0);
    long classes = w.dim(0);
    int chunk = Math.toIntExact(Math.min(rows, chunkRows(classes)));
    boolean single = rows <= chunk;
    NdArray dw = sums(weightSums, gradients.dw(), compute, single);
    NdArray dbias = sums(biasSums, gradients.dbias(), compute, single);
    Epilogue withBias = Epilogue.of(bias, Activation.NONE);
    long from = 0;
    do {
      long to = Math.min(rows, from + chunk);
      NdArray part = logits.array(compute, to - from, classes);
      NdArray grads = gradients.isNone() ? null : grads(part, x.dtype());
      NdArray xPart = x.narrow(0, from, to);
      matmul.run(xPart, w.permute(1, 0), withBias, part);
      LossGradient factors = gradients.factors();
      NdArray rowFactors =
          factors.weightStride() == 0 ? factors.weight() : part(factors.weight(), from, to);
      crossEntropy.run(
          part,
          targets.narrow(0, from, to),
          options,
          part(rowLosses, from, to),
          part(lse, from, to),
          new LossGradient(grads, rowFactors, factors.upstream(), factors.scale()));
      Epilogue adding = from == 0 ? Epilogue.NONE : Epilogue.ADD;
      if (gradients.dx() != null) {
        matmul.run(grads, w, gradients.dx().narrow(0, from, to));
      }
      if (dw != null) {
        matmul.run(grads.permute(1, 0), xPart, adding, dw);
      }
      if (dbias != null) {
        matmul.run(ones(x.dtype(), chunk).narrow(1, 0, to - from), grads, adding, row(dbias));
      }
      from = to;
    } while (from < rows);
    deliver(dw, gradients.dw());
    deliver(dbias, gradients.dbias());
  }

  private long chunkRows(long classes) {
    if (chunkRows > 0) {
      return chunkRows;
    }
    return Math.max(LEAST_ROWS, Long.highestOneBit(Math.max(1, CHUNK_LOGITS / classes)));
  }

  /** In the place of the logits, unless these are wider than the products' factors may be. */
  private NdArray grads(NdArray part, DType dtype) {
    return part.dtype() == dtype ? part : narrowGrads.array(dtype, part.dim(0), part.dim(1));
  }

  /** Where chunks are added up: the result itself, unless it would round after each chunk. */
  private static NdArray sums(Workspace space, NdArray result, DType compute, boolean single) {
    if (result == null || single || result.dtype() == compute) {
      return result;
    }
    return space.array(compute, result.shape());
  }

  private void deliver(NdArray sums, NdArray result) {
    if (sums != result) {
      pointwise.copy(sums, result);
    }
  }

  private NdArray ones(DType dtype, long rows) {
    if (ones == null || ones.dtype() != dtype || ones.dim(1) < rows) {
      if (ones != null) {
        ones.close();
      }
      ones = NdArray.full(device, dtype, 1, 1, rows);
    }
    return ones;
  }

  private static NdArray row(NdArray vector) {
    return vector.reshape(1, vector.size());
  }

  private static NdArray part(NdArray array, long from, long to) {
    return array == null ? null : array.narrow(0, from, to);
  }

  private static void check(
      NdArray x,
      NdArray w,
      NdArray bias,
      NdArray targets,
      NdArray rowLosses,
      NdArray lse,
      Gradients gradients) {
    DType compute = LossRows.compute(x);
    Check.floatsOrDoubles(NAME, "x", x);
    Check.matrix(NAME, "x", x);
    Check.matrix(NAME, "w", w);
    Check.matrix(NAME, "w", w, w.dim(0), x.dim(1));
    Check.sameDType(NAME, "w", w, "x", x);
    if (w.dim(0) < 1) {
      throw Check.fault(NAME, "w", "must have at least one class, but is " + w);
    }
    if (bias != null) {
      Check.vector(NAME, "bias", bias, w.dim(0));
      Check.floatsOrDoubles(NAME, "bias", bias);
    }
    LossRows.targets(NAME, targets, x.dim(0));
    LossRows.perRow(NAME, "rowLosses", rowLosses, compute, x.dim(0));
    LossRows.perRow(NAME, "lse", lse, compute, x.dim(0));
    if (gradients.dx() != null) {
      Check.sameShape(NAME, "dx", gradients.dx(), "x", x);
      Check.sameDType(NAME, "dx", gradients.dx(), "x", x);
      Check.apart(NAME, "dx", gradients.dx(), "x", x);
    }
    if (gradients.dw() != null) {
      like("dw", gradients.dw(), w);
      Check.sameShape(NAME, "dw", gradients.dw(), "w", w);
      Check.apart(NAME, "dw", gradients.dw(), "w", w);
    }
    if (gradients.dbias() != null) {
      like("dbias", gradients.dbias(), w);
      Check.vector(NAME, "dbias", gradients.dbias(), w.dim(0));
    }
    gradients.factors().checkFactors(NAME, compute, x.dim(0));
  }

  private static void like(String argument, NdArray array, NdArray w) {
    Check.floatsOrDoubles(NAME, argument, array);
    if ((array.dtype() == DType.FP64) != (w.dtype() == DType.FP64)) {
      throw Check.fault(NAME, argument, "must be fp64 exactly if 'w' is, but is " + array);
    }
  }

  /** Frees work memory. */
  @Override
  public void close() {
    matmul.close();
    logits.close();
    narrowGrads.close();
    weightSums.close();
    biasSums.close();
    if (ones != null) {
      ones.close();
      ones = null;
    }
  }
}
