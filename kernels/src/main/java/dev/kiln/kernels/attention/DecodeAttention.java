package dev.kiln.kernels.attention;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Attention of one new query for each sequence to a cache of keys and values, in rows or in pages.
 * The query is that of the last key, which the cache holds already.
 *
 * <p>The keys of a sequence are split among several programs, whatever the number of threads: the
 * same bits in every run. Not thread-safe.
 */
public final class DecodeAttention {
  private static final String NAME = "DecodeAttention";
  private static final String FILE = "decode_attention.py";
  private static final int LARGEST_HEAD = 256;
  private static final int SMALLEST_BLOCK = 16;
  private static final int CPU_KEYS = 128;
  private static final int GPU_KEYS = 64;
  private static final int GPU_TILE_BYTES = 16 << 10;
  private static final int MOST_SPLITS = 16;

  /** Programs beyond which splitting gains nothing on the CPU. */
  private static final long CPU_PROGRAMS = 16;

  private static final long GPU_PROGRAMS = 512;

  /** Keys that are worth a program. */
  private static final int LEAST_KEYS = 256;

  /** With fewer queries to a key, a product costs more to arrange than to compute on the CPU. */
  private static final long CPU_DOT_QUERIES = 4;

  private final boolean isGpu;
  private final KernelCall decode;
  private final KernelCall combine;
  private final Workspace workspace;

  public DecodeAttention(Device device) {
    isGpu = device.target().isGpu();
    decode = new KernelCall(FILE, "decode_attention_kernel", device);
    combine = new KernelCall(FILE, "decode_combine_kernel", device);
    workspace = new Workspace(device);
  }

  /**
   * Keys and values so far.
   *
   * @param k {@code batch x heads x rows x head size} by strides, or in pages, {@code pages x heads
   *     x page x head size}, where a page has a power of two of rows; fp32, fp16, bf16 or fp64,
   *     numbers of a head side by side
   * @param v of the shape and dtype of {@code k}
   * @param lengths the keys of each sequence; i32 or i64; those beyond the cache do not count
   * @param table the pages of each sequence in order, {@code batch x most pages}, i32; entries
   *     beyond a sequence's length are not read; or null for a cache in rows
   */
  public record Cache(NdArray k, NdArray v, NdArray lengths, NdArray table) {
    public Cache(NdArray k, NdArray v, NdArray lengths) {
      this(k, v, lengths, null);
    }
  }

  /** Without slopes and log-sum-exp. */
  public void run(NdArray q, Cache cache, AttentionOptions options, NdArray o) {
    run(q, cache, options, null, o, null);
  }

  /**
   * Computes {@code o}. A sequence without keys gives 0.
   *
   * @param q {@code batch x heads x head size}, of the dtype of the keys, whose heads divide these
   * @param options without dropout; {@code right} and the alignment mean nothing here
   * @param slopes ALiBi, a number for each head as in {@link Inputs}; or null
   * @param o of the shape and dtype of {@code q}
   * @param lse {@code batch x heads}, contiguous, receives {@code log(sum(exp(s)))}: fp32 (fp64
   *     beside fp64); or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray q, Cache cache, AttentionOptions options, NdArray slopes, NdArray o, NdArray lse) {
    check(q, cache, options, slopes, o, lse);
    if (o.size() == 0) {
      return;
    }
    DType compute = compute(q);
    long batch = q.dim(0);
    long heads = q.dim(1);
    long keyHeads = cache.k.dim(1);
    int head = (int) q.dim(2);
    long page = cache.k.dim(2);
    long capacity = cache.table == null ? page : Math.multiplyExact(page, cache.table.dim(1));
    int splits = splits(batch * keyHeads, capacity);
    NdArray parts = workspace.array(compute, batch, heads, splits, head + 2L);
    long group = heads / keyHeads;
    decode.start().array(q).array(cache.k).array(cache.v).array(parts).array(cache.lengths);
    decode.array(cache.table).array(slopes);
    decode.integer(q.stride(0)).integer(q.stride(1));
    AttentionShape.rows(decode, cache.k);
    AttentionShape.rows(decode, cache.v);
    decode.integer(cache.table == null ? 0 : cache.table.stride(0));
    decode.integer(capacity).integer(group);
    options.oneQuery(decode, compute, head);
    int blockD = BlockSizes.around(head, SMALLEST_BLOCK, LARGEST_HEAD);
    int rowBytes = blockD * q.dtype().bytes();
    decode
        .tuned(4, SMALLEST_BLOCK * rowBytes > GPU_TILE_BYTES ? 1 : 3)
        .constant(cache.table == null ? 1 : (int) page)
        .constant(splits)
        .constant(isGpu || group >= CPU_DOT_QUERIES)
        .constant("ieee")
        .constant(isGpu ? q.dtype() : compute)
        .constant(compute)
        .constant(head)
        .constant(blockD)
        .constant(BlockSizes.around(group, isGpu ? SMALLEST_BLOCK : 1, LARGEST_HEAD))
        .constant(BlockSizes.around(capacity, SMALLEST_BLOCK, mostKeys(rowBytes)))
        .over(splits, Math.toIntExact(keyHeads), Math.toIntExact(batch));
    combine.start().array(parts).array(o).array(lse);
    combine
        .integer(o.stride(0))
        .integer(o.stride(1))
        .constant(compute)
        .constant(splits)
        .constant(head)
        .constant(blockD)
        .over(Math.toIntExact(heads), Math.toIntExact(batch), 1);
  }

  /** Rows of a tile of keys; those of GPUs lie in shared memory, several at a time. */
  private int mostKeys(int rowBytes) {
    return isGpu ? Math.clamp(GPU_TILE_BYTES / rowBytes, SMALLEST_BLOCK, GPU_KEYS) : CPU_KEYS;
  }

  /** As many as keep all cores busy, but no less than {@link #LEAST_KEYS} keys for each. */
  private int splits(long programs, long capacity) {
    long wanted = (isGpu ? GPU_PROGRAMS : CPU_PROGRAMS) / Math.max(1, programs);
    long most = Math.min(wanted, Grid.cdiv(capacity, LEAST_KEYS));
    return Integer.highestOneBit((int) Math.clamp(most, 1, MOST_SPLITS));
  }

  private static DType compute(NdArray q) {
    return q.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  private static void check(
      NdArray q, Cache cache, AttentionOptions options, NdArray slopes, NdArray o, NdArray lse) {
    options.check(NAME);
    if (options.dropout() != 0) {
      throw Check.fault(NAME, "dropout", "must be 0");
    }
    Check.floatsOrDoubles(NAME, "q", q);
    queries("q", q);
    AttentionShape.heads(NAME, "k", cache.k, 4);
    Check.sameDType(NAME, "k", cache.k, "q", q);
    AttentionShape.heads(NAME, "v", cache.v, 4);
    Check.sameDType(NAME, "v", cache.v, "q", q);
    Check.sameShape(NAME, "v", cache.v, "k", cache.k);
    Check.vector(NAME, "lengths", cache.lengths, q.dim(0));
    Check.indices(NAME, "lengths", cache.lengths);
    AttentionShape.headSizes(NAME, q.dim(1), q.dim(2), q, cache.k);
    pages(q, cache);
    if (slopes != null) {
      Check.vector(NAME, "slopes", slopes, q.dim(1));
      AttentionShape.typed(NAME, "slopes", slopes, compute(q));
    }
    Check.sameDType(NAME, "o", o, "q", q);
    Check.sameShape(NAME, "o", o, "q", q);
    queries("o", o);
    Check.apart(NAME, "o", o, "k", cache.k);
    Check.apart(NAME, "o", o, "v", cache.v);
    if (lse != null) {
      Check.matrix(NAME, "lse", lse, q.dim(0), q.dim(1));
      Check.contiguous(NAME, "lse", lse);
      AttentionShape.typed(NAME, "lse", lse, compute(q));
    }
  }

  private static void pages(NdArray q, Cache cache) {
    if (cache.table == null) {
      if (cache.k.dim(0) != q.dim(0)) {
        throw Check.fault(NAME, "k", "must have the batch of 'q', but is " + cache.k);
      }
      return;
    }
    long page = cache.k.dim(2);
    if (Long.bitCount(page) != 1 || page > 1 << 20) {
      throw Check.fault(NAME, "k", "must have pages of a power of two of rows, but is " + cache.k);
    }
    Check.matrix(NAME, "table", cache.table, q.dim(0), cache.table.dim(cache.table.rank() - 1));
    AttentionShape.typed(NAME, "table", cache.table, DType.I32);
    if (cache.table.dim(1) > 1 && cache.table.stride(1) != 1) {
      throw Check.fault(NAME, "table", "must have the pages of a sequence side by side");
    }
  }

  private static void queries(String argument, NdArray array) {
    if (array.rank() != 3 || array.dim(2) > 1 && array.stride(2) != 1) {
      throw Check.fault(
          NAME,
          argument,
          "must be batch x heads x head size, a head's numbers side by side, but is " + array);
    }
  }
}
