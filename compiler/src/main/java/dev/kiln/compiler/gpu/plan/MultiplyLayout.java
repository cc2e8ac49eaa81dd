package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LayoutBuilder;
import dev.kiln.compiler.layout.LinearLayout;

/**
 * Accumulators of products by multiply-adds: each thread has a box that is as square as possible,
 * so that it reads few elements of the operands for each multiply-add.
 */
final class MultiplyLayout {
  /** Neighbours along an axis, at most, before the next thread's begin: 16 bytes of fp32. */
  private static final int NEIGHBOURS = 2;

  private MultiplyLayout() {}

  static LinearLayout of(Shape shape, int warps) {
    int m = shape.rank() - 2;
    int n = m + 1;
    int warpBits = Integer.numberOfTrailingZeros(warps);
    int perThread = Math.max(0, Integer.numberOfTrailingZeros(shape.size()) - 5 - warpBits);
    var builder = new LayoutBuilder(shape);
    int along = Math.min(NEIGHBOURS, Math.min(builder.left(n), (perThread + 1) / 2));
    int down = Math.min(NEIGHBOURS, Math.min(builder.left(m), perThread - along));
    builder.registers(n, along).registers(m, down);
    int lanesAlong = Math.min(3, builder.left(n));
    builder.lanes(n, lanesAlong).lanes(m, Math.min(builder.left(m), 5 - lanesAlong));
    builder.lanes(n, Math.min(builder.left(n), builder.lanesLeft()));
    if (m == 1) {
      builder.lanes(0, Math.min(builder.left(0), builder.lanesLeft()));
    }
    warps(builder, warpBits, m, n);
    return m == 1 ? builder.build(n, m, 0) : builder.build(n, m);
  }

  private static void warps(LayoutBuilder builder, int warpBits, int m, int n) {
    for (int bit = 0; bit < warpBits; bit++) {
      int axis = builder.left(m) >= builder.left(n) ? m : n;
      builder.warps(builder.left(axis) == 0 && m == 1 ? 0 : axis, 1);
    }
  }
}
