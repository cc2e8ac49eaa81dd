package dev.kiln.kernels.attention;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.NdArray;

/**
 * The checked sizes of an attention, and how its arrays become arguments of a kernel.
 *
 * @param operation for messages
 * @param batch sequences
 * @param heads of the queries
 * @param keyHeads of keys and values
 * @param queries of the longest sequence
 * @param keys of the longest sequence
 * @param head numbers of a head
 */
record AttentionShape(
    String operation,
    Inputs in,
    long batch,
    long heads,
    long keyHeads,
    long queries,
    long keys,
    long head) {
  private static final int LARGEST_HEAD = 256;

  /** Rows of a block times their distance must fit into 31 bits. */
  private static final long LARGEST_STRIDE = 1 << 22;

  private static final long LARGEST_COUNT = 1 << 30;

  static AttentionShape of(String operation, Inputs in) {
    NdArray q = in.q();
    NdArray k = in.k();
    int axes = in.isPacked() ? 3 : 4;
    Check.floatsOrDoubles(operation, "q", q);
    heads(operation, "q", q, axes);
    heads(operation, "k", k, axes);
    Check.sameDType(operation, "k", k, "q", q);
    heads(operation, "v", in.v(), axes);
    Check.sameDType(operation, "v", in.v(), "q", q);
    Check.sameShape(operation, "v", in.v(), "k", k);
    long size = q.dim(axes - 1);
    long heads = q.dim(axes - 3);
    long keyHeads = k.dim(axes - 3);
    headSizes(operation, heads, size, q, k);
    if (axes == 4 && k.dim(0) != q.dim(0)) {
      throw Check.fault(operation, "k", "must have the batch of 'q', but is " + k);
    }
    var shape =
        in.isPacked()
            ? packed(operation, in, heads, keyHeads, size)
            : new AttentionShape(
                operation, in, q.dim(0), heads, keyHeads, q.dim(2), k.dim(2), size);
    if (shape.queries > LARGEST_COUNT || shape.keys > LARGEST_COUNT) {
      throw Check.fault(operation, "q", "must have at most 2^30 queries and keys");
    }
    shape.checkBias();
    if (in.slopes() != null) {
      Check.vector(operation, "slopes", in.slopes(), heads);
      shape.computed("slopes", in.slopes());
    }
    return shape;
  }

  /** Heads of keys divide those of queries, and have as many numbers. */
  static void headSizes(String operation, long heads, long size, NdArray q, NdArray k) {
    if (size < 1 || size > LARGEST_HEAD) {
      throw Check.fault(operation, "q", "must have 1 to 256 numbers in a head, but is " + q);
    }
    if (k.dim(k.rank() - 1) != size) {
      throw Check.fault(operation, "k", "must have the head size of 'q', but is " + k);
    }
    long keyHeads = k.dim(k.rank() - 3);
    if (keyHeads == 0 ? heads != 0 : heads % keyHeads != 0) {
      throw Check.fault(operation, "k", "must have heads that divide those of 'q', but is " + k);
    }
  }

  private static AttentionShape packed(
      String operation, Inputs in, long heads, long keyHeads, long size) {
    if (in.bias() != null) {
      throw Check.fault(operation, "bias", "must be null beside packed batches");
    }
    if (in.queryStarts() == null || in.keyStarts() == null) {
      throw Check.fault(operation, "queryStarts", "and 'keyStarts' must be given together");
    }
    long batch = in.queryStarts().size() - 1;
    if (batch < 0) {
      throw Check.fault(operation, "queryStarts", "must hold one number more than batches");
    }
    starts(operation, "queryStarts", in.queryStarts(), batch);
    starts(operation, "keyStarts", in.keyStarts(), batch);
    if (in.longestQueries() < 0 || in.longestKeys() < 0) {
      throw Check.fault(operation, "longestQueries", "and 'longestKeys' must be at least 0");
    }
    return new AttentionShape(
        operation, in, batch, heads, keyHeads, in.longestQueries(), in.longestKeys(), size);
  }

  private static void starts(String operation, String argument, NdArray starts, long batch) {
    Check.vector(operation, argument, starts, batch + 1);
    typed(operation, argument, starts, DType.I32);
  }

  /** The type of the arithmetic. */
  DType compute() {
    return in.q().dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private void computed(String argument, NdArray array) {
    typed(operation, argument, array, compute());
  }

  static void typed(String operation, String argument, NdArray array, DType dtype) {
    if (array.dtype() != dtype) {
      throw Check.fault(operation, argument, "must be " + dtype + ", but is " + array);
    }
  }

  /** An array of heads, its rows not too far apart. */
  static void heads(String operation, String argument, NdArray array, int axes) {
    if (array.rank() != axes) {
      throw Check.fault(operation, argument, "must have " + axes + " axes, but is " + array);
    }
    if (array.dim(axes - 1) > 1 && array.stride(axes - 1) != 1) {
      throw Check.fault(
          operation, argument, "must have a head's numbers side by side, but is " + array);
    }
    stride(operation, argument, array, axes - 2);
  }

  private static void stride(String operation, String argument, NdArray array, int axis) {
    if (array.dim(axis) > 1 && Math.abs(array.stride(axis)) > LARGEST_STRIDE) {
      throw Check.fault(
          operation, argument, "must have rows at most 4194304 elements apart, but is " + array);
    }
  }

  /** An array of the shape and dtype of the queries, or of the keys. */
  void like(String argument, NdArray array, String other, NdArray like) {
    Check.sameDType(operation, argument, array, other, like);
    Check.sameShape(operation, argument, array, other, like);
    heads(operation, argument, array, like.rank());
  }

  void likeQueries(String argument, NdArray array) {
    like(argument, array, "q", in.q());
  }

  /** A result, which must not take the place of what others still read. */
  void apart(String argument, NdArray result) {
    Check.apart(operation, argument, result, "q", in.q());
    Check.apart(operation, argument, result, "k", in.k());
    Check.apart(operation, argument, result, "v", in.v());
  }

  /** One number for each row of each head. */
  void rowStatistics(String argument, NdArray array) {
    computed(argument, array);
    int axes = in.q().rank() - 1;
    boolean same = array.rank() == axes;
    for (int axis = 0; same && axis < axes; axis++) {
      same = array.dim(axis) == in.q().dim(axis);
    }
    if (!same || array.dim(axes - 1) > 1 && array.stride(axes - 1) != 1) {
      throw Check.fault(
          operation,
          argument,
          "must have a number for each row of 'q', side by side, but is " + array);
    }
  }

  private void checkBias() {
    NdArray bias = in.bias();
    if (bias == null) {
      return;
    }
    Check.sameDType(operation, "bias", bias, "q", in.q());
    boolean fits = bias.rank() == 4 && bias.dim(3) == keys;
    for (int axis = 0; fits && axis < 3; axis++) {
      fits = bias.dim(axis) == 1 || bias.dim(axis) == in.q().dim(axis);
    }
    if (!fits || keys > 1 && bias.stride(3) != 1) {
      throw Check.fault(
          operation,
          "bias",
          "must be batch x heads x queries x keys, keys side by side, but is " + bias);
    }
    stride(operation, "bias", bias, 2);
  }

  /** A gradient for each number of a bias that no axis repeats; null is no fault. */
  void biasGradient(NdArray array) {
    if (array == null) {
      return;
    }
    String argument = "grads.bias";
    if (in.bias() == null) {
      throw Check.fault(operation, argument, "must be null where there is no bias");
    }
    Check.sameDType(operation, argument, array, "bias", in.bias());
    boolean fits = array.rank() == 4 && array.dim(2) == queries && array.dim(3) == keys;
    fits = fits && array.dim(0) == batch && array.dim(1) == heads;
    if (!fits || keys > 1 && array.stride(3) != 1) {
      throw Check.fault(
          operation,
          argument,
          "must be batch x heads x queries x keys, keys side by side, but is " + array);
    }
    stride(operation, argument, array, 2);
  }

  /** Strides of an array of heads: batch, head, row. */
  static void rows(KernelCall call, NdArray array) {
    boolean packed = array.rank() == 3;
    int head = array.rank() - 3;
    call.integer(packed ? 0 : array.stride(0))
        .integer(array.stride(head))
        .integer(array.stride(head + 1));
  }

  /** Strides of one number for each row: batch, head. */
  static void statistics(KernelCall call, NdArray array) {
    boolean packed = array == null || array.rank() == 2;
    call.integer(packed ? 0 : array.stride(0))
        .integer(array == null ? 0 : array.stride(array.rank() - 2));
  }

  /** Strides of a bias: batch, head, row; 0 where all are alike. */
  static void bias(KernelCall call, NdArray bias) {
    for (int axis = 0; axis < 3; axis++) {
      call.integer(bias == null || bias.dim(axis) == 1 ? 0 : bias.stride(axis));
    }
  }

  void sizes(KernelCall call) {
    call.integer(queries).integer(keys).integer(heads).integer(heads / Math.max(1, keyHeads));
  }
}
