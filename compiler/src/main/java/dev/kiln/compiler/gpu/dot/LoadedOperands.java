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
import java.util.Optional;

/** How tiles that copies bring to shared memory lie there: as the product likes that reads them. */
public final class LoadedOperands {
  private LoadedOperands() {}

  /**
   * The layout of a tile: as the product likes that reads it, maybe permuted; otherwise as suits
   * what is made of it.
   *
   * @param fast the axis along which copies write neighbours
   */
  public static SharedLayout layout(Emission emission, Value tile, int fast) {
    Shape shape = tile.shape();
    Optional<Reader> direct = reader(emission, tile, fast);
    Optional<SharedLayout> placed = emission.plan().placed(tile);
    if (direct.isEmpty() || placed.isPresent()) {
      return placed.orElseGet(() -> SharedLayout.plain(shape, order(shape, fast)));
    }
    Reader reader = direct.get();
    boolean isByWarpgroups = emission.plan().form(reader.dot()) instanceof DotForm.Wgmma;
    if (isByWarpgroups && tile.dtype() != DType.FP32) {
      boolean isReadable = tile.dtype().bytes() == 2 || reader.isSummed();
      var layout = WgmmaTile.layout(shape, tile.dtype(), fast);
      if (isReadable && layout.isPresent()) {
        return layout.get();
      }
    }
    // Multiply-adds read neighbours that do not lie along K.
    if (emission.plan().form(reader.dot()) instanceof DotForm.Multiply && !reader.isSummed()) {
      return SharedLayout.plain(shape, order(shape, fast));
    }
    int slow = 2 * shape.rank() - 3 - fast;
    return Operands.swizzled(shape, tile.dtype(), fast, slow, reader.isSummed());
  }

  private static int[] order(Shape shape, int fast) {
    int[] order = new int[shape.rank()];
    order[0] = fast;
    int next = 1;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      if (axis != fast) {
        order[next++] = axis;
      }
    }
    return order;
  }

  /** Whether the asynchronous proxy reads the tile, for which a fence is needed after copies. */
  public static boolean isReadByProxy(Emission emission, Value tile) {
    return reader(emission, tile, 0)
        .filter(reader -> emission.plan().form(reader.dot()) instanceof DotForm.Wgmma)
        .isPresent();
  }

  private record Reader(Dot dot, boolean isSummed) {}

  /** The first product that reads the tile as it is. */
  private static Optional<Reader> reader(Emission emission, Value tile, int axis) {
    return emission.uses().users(tile).stream()
        .map(user -> reader(emission, user, tile, axis))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<Reader> reader(Emission emission, Op user, Value tile, int axis) {
    return switch (user) {
      case Dot dot when dot.a() == tile || dot.b() == tile ->
          Optional.of(new Reader(dot, axis == tile.shape().rank() - (dot.a() == tile ? 1 : 2)));
      case ShapeOp.Permute permute ->
          reader(emission, permute.result(), permute.order().indexOf(axis));
      default -> Optional.empty();
    };
  }
}
