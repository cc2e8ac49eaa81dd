package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.plan.DotForm;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.SharedLayout;

/** How tiles that copies bring to shared memory lie there: as the product likes that reads them. */
public final class LoadedOperands {
  private LoadedOperands() {}

  /**
   * The layout of a tile whose first user is a product, maybe of the permuted tile.
   *
   * @param fast the axis along which copies write neighbours
   */
  public static SharedLayout layout(Emission emission, Value tile, int fast) {
    Shape shape = tile.shape();
    Reader reader = reader(emission, tile, fast);
    boolean isByWarpgroups = emission.plan().form(reader.dot()) instanceof DotForm.Wgmma;
    if (isByWarpgroups && tile.dtype() != DType.FP32) {
      boolean isReadable = tile.dtype().bytes() == 2 || reader.isSummed();
      var layout = WgmmaTile.layout(shape, tile.dtype(), fast);
      if (isReadable && layout.isPresent()) {
        return layout.get();
      }
    }
    int slow = 2 * shape.rank() - 3 - fast;
    return Operands.swizzled(shape, tile.dtype(), fast, slow, reader.isSummed());
  }

  /** Whether the asynchronous proxy reads the tile, for which a fence is needed after copies. */
  public static boolean isReadByProxy(Emission emission, Value tile) {
    return emission.plan().form(reader(emission, tile, 0).dot()) instanceof DotForm.Wgmma;
  }

  private record Reader(Dot dot, boolean isSummed) {}

  private static Reader reader(Emission emission, Value tile, int axis) {
    Op user = emission.uses().users(tile).getFirst();
    return switch (user) {
      case Dot dot -> new Reader(dot, axis == tile.shape().rank() - (dot.a() == tile ? 1 : 2));
      case ShapeOp.Permute permute ->
          reader(emission, permute.result(), permute.order().indexOf(axis));
      default -> throw new IllegalStateException("no product reads the tile");
    };
  }
}
