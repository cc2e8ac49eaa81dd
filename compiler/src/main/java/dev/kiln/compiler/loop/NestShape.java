package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Chooses the innermost axis of a nest, and merges axes that memory runs through in one. */
final class NestShape {
  private NestShape() {}

  /** The nest, or nothing if it does nothing. */
  static Optional<LoopStmt> finish(Location loc, int[] dims, List<LaneStmt> body, boolean reshape) {
    if (body.isEmpty()) {
      return Optional.empty();
    }
    int[] extents = dims;
    List<LaneStmt> statements = body;
    if (reshape) {
      int inner = innermost(extents.length, statements);
      if (inner != extents.length - 1) {
        int[] order = moveLast(extents.length, inner);
        statements = reordered(statements, order);
        int[] before = extents;
        extents = Arrays.stream(order).map(axis -> before[axis]).toArray();
      }
      for (int axis = extents.length - 2; axis >= 0; axis--) {
        if (canMerge(statements, axis, extents[axis + 1])) {
          statements = merged(statements, axis);
          int[] fewer = new int[extents.length - 1];
          System.arraycopy(extents, 0, fewer, 0, axis + 1);
          System.arraycopy(extents, axis + 2, fewer, axis + 1, fewer.length - axis - 1);
          fewer[axis] *= extents[axis + 1];
          extents = fewer;
        }
      }
    }
    return Optional.of(new LoopStmt.Nest(loc, Shape.of(extents), statements));
  }

  /** The axis along which most references have neighbours next to each other. */
  private static int innermost(int rank, List<LaneStmt> body) {
    if (body.stream().anyMatch(LaneCode::isOrdered)) {
      return rank - 1;
    }
    int best = rank - 1;
    for (int axis = rank - 2; axis >= 0; axis--) {
      if (score(body, axis) > score(body, best)) {
        best = axis;
      }
    }
    return best;
  }

  private static int score(List<LaneStmt> body, int axis) {
    return body.stream()
        .flatMap(s -> LaneCode.refs(s).stream())
        .mapToInt(ref -> score(ref.strides().get(axis)))
        .sum();
  }

  private static int score(TileRef.Stride stride) {
    return switch (stride) {
      case TileRef.Fixed f -> f.elements() == 1 ? 4 : f.elements() == 0 ? 2 : 0;
      case TileRef.Dynamic d -> 0;
      case TileRef.Indexed i -> -4;
    };
  }

  private static int[] moveLast(int rank, int axis) {
    return IntStream.concat(IntStream.range(0, rank).filter(a -> a != axis), IntStream.of(axis))
        .toArray();
  }

  /** New axis {@code i} is the old axis {@code order[i]}. */
  private static List<LaneStmt> reordered(List<LaneStmt> body, int[] order) {
    int[] position = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      position[order[i]] = i;
    }
    return body.stream()
        .map(
            s ->
                LaneCode.mapped(
                    s,
                    ref ->
                        new TileRef(
                            ref.dtype(),
                            ref.base(),
                            Arrays.stream(order).mapToObj(ref.strides()::get).toList()),
                    a -> position[a]))
        .toList();
  }

  /** Whether the axis and the next one can be one axis. */
  private static boolean canMerge(List<LaneStmt> body, int axis, int innerExtent) {
    return body.stream().allMatch(s -> canMerge(s, axis, innerExtent));
  }

  private static boolean canMerge(LaneStmt statement, int axis, int innerExtent) {
    boolean namesAxis =
        switch (statement) {
          case LaneStmt.Index s -> isOf(s.axis(), axis);
          case LaneStmt.Reduce s -> isOf(s.axis(), axis);
          default -> false;
        };
    boolean bounded =
        LaneCode.mask(statement).stream()
            .flatMap(m -> m.bounds().stream())
            .anyMatch(b -> isOf(b.axis(), axis));
    return !namesAxis
        && !bounded
        && LaneCode.refs(statement).stream().allMatch(r -> continues(r, axis, innerExtent));
  }

  private static boolean isOf(int named, int axis) {
    return named == axis || named == axis + 1;
  }

  private static boolean continues(TileRef ref, int axis, int innerExtent) {
    return ref.strides().get(axis) instanceof TileRef.Fixed outer
        && ref.strides().get(axis + 1) instanceof TileRef.Fixed inner
        && outer.elements() == inner.elements() * innerExtent;
  }

  private static List<LaneStmt> merged(List<LaneStmt> body, int axis) {
    return body.stream()
        .map(
            s ->
                LaneCode.mapped(
                    s,
                    ref -> {
                      List<TileRef.Stride> strides = new ArrayList<>(ref.strides());
                      strides.remove(axis);
                      return new TileRef(ref.dtype(), ref.base(), strides);
                    },
                    a -> a > axis ? a - 1 : a))
        .toList();
  }
}
