package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;

/**
 * Products of different sizes in one launch: {@code c = activation(a b + bias)} for each of a list.
 * Not thread-safe.
 */
public final class GroupedMatmul {
  private static final String NAME = "GroupedMatmul";

  /** Numbers of a product in the kernel's table. */
  private static final int COLUMNS = 13;

  /** Programs walk over tiles; so many share the work evenly enough. */
  private static final int MOST_PROGRAMS = 64;

  private static final int GPU_PROGRAMS = 264;

  private final TileChoice choice;
  private final Precision precision;
  private final KernelCall call;

  /** Chooses tiles by the largest product and the device. */
  public GroupedMatmul(Device device) {
    this(device, null, Precision.IEEE);
  }

  /**
   * @param tiles for all products, or null to choose them
   * @param precision of products of fp32 numbers
   */
  public GroupedMatmul(Device device, MatmulTiles tiles, Precision precision) {
    choice = new TileChoice(device, tiles);
    this.precision = precision;
    call = new KernelCall("grouped_matmul.py", "grouped_matmul_kernel", device);
  }

  /**
   * One product.
   *
   * @param a {@code M x K}, any strides
   * @param b {@code K x N}, any strides, of the dtype of {@code a}
   * @param bias {@code N} numbers, or null
   * @param c {@code M x N}, any strides
   */
  public record Product(NdArray a, NdArray b, NdArray bias, NdArray c) {
    /**
     * @throws dev.kiln.runtime.KilnException if the arrays do not fit together
     */
    public Product {
      Check.matrix(NAME, "a", a);
      Check.floatsOrDoubles(NAME, "a", a);
      Check.matrix(NAME, "b", b, a.dim(1), b.rank() == 2 ? b.dim(1) : 0);
      Check.sameDType(NAME, "b", b, "a", a);
      Check.matrix(NAME, "c", c, a.dim(0), b.dim(1));
      Check.floatsOrDoubles(NAME, "c", c);
      if ((a.dtype() == DType.FP64) != (c.dtype() == DType.FP64)) {
        throw Check.fault(NAME, "c", "must be fp64 exactly if 'a' is, but is " + c);
      }
      if (bias != null) {
        Check.vector(NAME, "bias", bias, b.dim(1));
        Check.floatsOrDoubles(NAME, "bias", bias);
      }
    }
  }

  /** A list of products whose table is on the device: made once, run many times. */
  public static final class Group implements AutoCloseable {
    private final Product first;
    private final NdArray table;
    private final MatmulTiles tiles;
    private final int programs;

    private Group(Product first, NdArray table, MatmulTiles tiles, int programs) {
      this.first = first;
      this.table = table;
      this.tiles = tiles;
      this.programs = programs;
    }

    /** Frees the table. */
    @Override
    public void close() {
      if (table != null) {
        table.close();
      }
    }
  }

  /**
   * Prepares a list of products. Their dtypes are the same throughout, and either all or none have
   * a bias. Their arrays must live as long as the group is used.
   *
   * @throws dev.kiln.runtime.KilnException if the products differ in these
   */
  public Group group(List<Product> products) {
    if (products.isEmpty()) {
      return new Group(null, null, null, 0);
    }
    Product first = products.getFirst();
    long[] table = new long[products.size() * COLUMNS];
    long m = 0;
    long n = 0;
    long k = 0;
    for (int i = 0; i < products.size(); i++) {
      Product product = products.get(i);
      alike(product, first);
      write(table, i * COLUMNS, product);
      m = Math.max(m, product.a.dim(0));
      n = Math.max(n, product.b.dim(1));
      k = Math.max(k, product.a.dim(1));
    }
    Device device = call.device();
    MatmulTiles tiles = choice.tiles(first.a.dtype(), products.size(), m, n, k);
    int count = 0;
    for (Product product : products) {
      count = Math.addExact(count, tiles.count(product.c.dim(0), product.c.dim(1)));
    }
    int most = device.target().isGpu() ? GPU_PROGRAMS : MOST_PROGRAMS;
    int programs = Math.min(count, tiles.programs() > 0 ? tiles.programs() : most);
    return new Group(first, NdArray.of(device, table), tiles, programs);
  }

  private void alike(Product product, Product first) {
    Check.sameDType(NAME, "a", product.a, "a of the first product", first.a);
    Check.sameDType(NAME, "c", product.c, "c of the first product", first.c);
    if ((product.bias == null) != (first.bias == null)) {
      throw Check.fault(NAME, "bias", "must be there in all products or in none");
    }
    if (first.bias != null) {
      Check.sameDType(NAME, "bias", product.bias, "bias of the first product", first.bias);
    }
    on("a", product.a);
    on("b", product.b);
    on("c", product.c);
    if (product.bias != null) {
      on("bias", product.bias);
    }
  }

  /** The table holds addresses, so that no launch checks this. */
  private void on(String argument, NdArray array) {
    if (array.device() != call.device()) {
      throw Check.fault(NAME, argument, "must be on " + call.device().name() + ", but is " + array);
    }
  }

  private static void write(long[] table, int at, Product product) {
    table[at] = product.a.address();
    table[at + 1] = product.b.address();
    table[at + 2] = product.c.address();
    table[at + 3] = product.bias == null ? 0 : product.bias.address();
    table[at + 4] = product.a.dim(0);
    table[at + 5] = product.b.dim(1);
    table[at + 6] = product.a.dim(1);
    for (int axis = 0; axis < 2; axis++) {
      table[at + 7 + axis] = product.a.stride(axis);
      table[at + 9 + axis] = product.b.stride(axis);
      table[at + 11 + axis] = product.c.stride(axis);
    }
  }

  /** Computes all products of a group. */
  public void run(Group group, Activation activation) {
    if (group.programs == 0) {
      return;
    }
    Product first = group.first;
    MatmulTiles tiles = group.tiles;
    call.start()
        .array(group.table)
        .integer(group.table.size() / COLUMNS)
        .constant(first.a.dtype())
        .constant(first.c.dtype());
    if (first.bias == null) {
      call.array(null);
    } else {
      call.constant(first.bias.dtype());
    }
    call.constant(activation.kernelName())
        .constant(Matmul.accumulator(first.a))
        .constant(Matmul.compute(first.c))
        .constant(precision.kernelName())
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.k())
        .constant(tiles.groupM())
        .tuned(tiles.warps(), tiles.stages())
        .over(group.programs);
  }
}
