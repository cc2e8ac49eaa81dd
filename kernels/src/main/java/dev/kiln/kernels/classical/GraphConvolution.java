package dev.kiln.kernels.classical;

import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Graph convolution with learned importance of edges: {@code y = (a * m) x w}, where {@code a} is
 * the (normalised) adjacency of the nodes and {@code m} weighs its edges one by one (Kipf and
 * Welling, 2017; Yan et al., "Spatial temporal graph convolutional networks", 2018).
 *
 * <p>Where {@code a} is 0 there is no edge, whatever {@code m} holds there, infinities and NaN too,
 * and {@code m} has the gradient 0. All arrays are of one dtype: fp32, fp16, bf16 or fp64; what
 * lies between the products is kept in fp32 (fp64 for fp64). The backward pass computes {@code a *
 * m} and {@code x w} again, so nothing is kept from the forward pass. The same bits in every run.
 * Not thread-safe.
 */
public final class GraphConvolution implements AutoCloseable {
  private static final String NAME = "GraphConvolution";

  private final Matmul matmul;
  private final Pointwise pointwise;
  private final Reductions reductions;
  private final Workspace edges;
  private final Workspace hidden;
  private final Workspace hiddenGradient;
  private final Workspace edgeGradient;
  private final Workspace batchGradients;
  private final Workspace wideAdjacency;
  private final Workspace wideNodes;
  private final Workspace wideWeight;
  private final Workspace wideGradient;

  public GraphConvolution(Device device) {
    matmul = new Matmul(device);
    pointwise = new Pointwise(device);
    reductions = new Reductions(device);
    edges = new Workspace(device);
    hidden = new Workspace(device);
    hiddenGradient = new Workspace(device);
    edgeGradient = new Workspace(device);
    batchGradients = new Workspace(device);
    wideAdjacency = new Workspace(device);
    wideNodes = new Workspace(device);
    wideWeight = new Workspace(device);
    wideGradient = new Workspace(device);
  }

  /**
   * {@code y = (a * m) x w}.
   *
   * @param a {@code V x V}, any strides: row {@code i} holds what node {@code i} takes from others
   * @param m of the shape of {@code a}, any strides; or null for ones
   * @param x {@code V x C}, or {@code B x V x C}, contiguous
   * @param w {@code C x D}, any strides
   * @param y {@code V x D}, or {@code B x V x D}, contiguous
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray a, NdArray m, NdArray x, NdArray w, NdArray y) {
    check(a, m, x, w, "y", y);
    Check.apart(NAME, "y", y, "x", x);
    Check.apart(NAME, "y", y, "a", a);
    if (y.size() > 0) {
      matmul.run(edges(a, m), hidden(x, w, y), y);
    }
  }

  /**
   * The gradients; each may be null where it is not wanted.
   *
   * <pre>
   *     dx = (a * m)^T dy w^T      dw = x^T (a * m)^T dy      dm = a * (dy w^T x^T)
   * </pre>
   *
   * The last two are sums over a batch.
   *
   * @param dy of the shape of {@code y}, contiguous
   * @param dx of the shape of {@code x}, contiguous
   * @param dw of the shape of {@code w}
   * @param dm of the shape of {@code a}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray a, NdArray m, NdArray x, NdArray w, NdArray dy, NdArray dx, NdArray dw, NdArray dm) {
    check(a, m, x, w, "dy", dy);
    gradient("dx", dx, "x", x);
    gradient("dw", dw, "w", w);
    gradient("dm", dm, "a", a);
    NdArray upstream = wide(dy, wideGradient);
    if (dm != null) {
      edgeGradient(a, x, w, upstream, dm);
    }
    if (dx == null && dw == null) {
      return;
    }
    NdArray dh = hiddenGradient.array(upstream.dtype(), dy.shape());
    if (dy.size() > 0) {
      matmul.run(edges(a, m).permute(1, 0), upstream, dh);
    }
    if (dw != null) {
      matmul.run(rows(wide(x, wideNodes)).permute(1, 0), rows(dh), dw);
    }
    if (dx != null) {
      matmul.run(dh, wide(w, wideWeight).permute(1, 0), dx);
    }
  }

  private void edgeGradient(NdArray a, NdArray x, NdArray w, NdArray dy, NdArray dm) {
    NdArray h = hidden(x, w, dy);
    NdArray sum = edgeGradient.array(dy.dtype(), a.dim(0), a.dim(1));
    if (x.rank() == 2) {
      matmul.run(dy, h.permute(1, 0), sum);
    } else {
      NdArray each = batchGradients.array(dy.dtype(), x.dim(0), a.dim(0), a.dim(1));
      matmul.run(dy, h.permute(0, 2, 1), each);
      reductions.run(Reduction.SUM, each, sum, 0);
    }
    whereEdges(a, sum, dm);
  }

  private NdArray edges(NdArray a, NdArray m) {
    if (m == null) {
      return wide(a, wideAdjacency);
    }
    NdArray weighed = edges.array(PointSets.compute(a), a.dim(0), a.dim(1));
    whereEdges(a, m, weighed);
    return weighed;
  }

  /** {@code y = a x}, and 0 where {@code a} is 0: 0 times infinity would not be. */
  private void whereEdges(NdArray a, NdArray x, NdArray y) {
    pointwise.binary(BinaryFunction.MUL, a, x, y);
    pointwise.ternary(TernaryFunction.WHERE, a, y, 0.0, y);
  }

  /** {@code x w}. */
  private NdArray hidden(NdArray x, NdArray w, NdArray y) {
    NdArray h = hidden.array(PointSets.compute(y), y.shape());
    matmul.run(rows(x), w, rows(h));
    return h;
  }

  /** As it is, or a copy in fp32 of what is narrower. */
  private NdArray wide(NdArray array, Workspace copy) {
    if (array.dtype() == PointSets.compute(array)) {
      return array;
    }
    NdArray wide = copy.array(PointSets.compute(array), array.shape());
    pointwise.copy(array, wide);
    return wide;
  }

  /** The nodes of a whole batch as rows of one matrix. */
  private static NdArray rows(NdArray x) {
    return x.rank() == 2 ? x : x.reshape(x.dim(0) * x.dim(1), x.dim(2));
  }

  private static void check(NdArray a, NdArray m, NdArray x, NdArray w, String result, NdArray y) {
    Check.floatsOrDoubles(NAME, "a", a);
    Check.matrix(NAME, "a", a);
    Check.matrix(NAME, "a", a, a.dim(0), a.dim(0));
    if (m != null) {
      Check.sameShape(NAME, "m", m, "a", a);
      Check.sameDType(NAME, "m", m, "a", a);
    }
    nodes("x", x, a);
    Check.matrix(NAME, "w", w, x.dim(-1), w.rank() == 2 ? w.dim(1) : 0);
    Check.sameDType(NAME, "w", w, "a", a);
    nodes(result, y, a);
    boolean fits = y.rank() == x.rank() && y.dim(-1) == w.dim(1);
    if (!fits || y.rank() == 3 && y.dim(0) != x.dim(0)) {
      throw Check.fault(
          NAME,
          result,
          "must have the shape of 'x', " + x + ", with " + w.dim(1) + " columns, but is " + y);
    }
  }

  /** A row for each node, in each matrix of a batch. */
  private static void nodes(String argument, NdArray x, NdArray a) {
    Check.matrices(NAME, argument, x, a.dim(0), x.rank() >= 2 ? x.dim(-1) : 0);
    Check.sameDType(NAME, argument, x, "a", a);
    Check.contiguous(NAME, argument, x);
  }

  private static void gradient(String argument, NdArray gradient, String of, NdArray like) {
    if (gradient != null) {
      Check.sameShape(NAME, argument, gradient, of, like);
      Check.sameDType(NAME, argument, gradient, of, like);
      Check.apart(NAME, argument, gradient, of, like);
      if (gradient.rank() == 3) {
        Check.contiguous(NAME, argument, gradient);
      }
    }
  }

  @Override
  public void close() {
    matmul.close();
    reductions.close();
    edges.close();
    hidden.close();
    hiddenGradient.close();
    edgeGradient.close();
    batchGradients.close();
    wideAdjacency.close();
    wideNodes.close();
    wideWeight.close();
    wideGradient.close();
  }
}
