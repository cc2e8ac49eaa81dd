package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import java.util.ArrayList;
import java.util.List;

/**
 * How a nest's innermost loop is cut into vectors.
 *
 * @param lanes of every vector
 * @param units vectors in a block
 */
record NestVectors(int lanes, int units) {
  private static final int SMALLEST = 2;

  /** Indices of a block. */
  int block() {
    return lanes * units;
  }

  /** Null if the nest must be scalar. */
  static NestVectors of(NestPlan plan, EmissionOptions options) {
    if (options.isScalar() || plan.rank() == 0) {
      return null;
    }
    int extent = plan.shape().dim(plan.rank() - 1);
    List<LaneStmt> innermost = plan.at(plan.rank());
    if (innermost.isEmpty() || !innermost.stream().allMatch(s -> isSupported(s, plan))) {
      return null;
    }
    boolean wide = innermost.stream().anyMatch(NestVectors::isWide);
    int lanes = Math.min(extent, options.simdBits() / (wide ? 64 : 32));
    if (lanes < SMALLEST) {
      return null;
    }
    boolean reduces =
        innermost.stream()
            .anyMatch(s -> s instanceof LaneStmt.Reduce r && r.axis() == plan.rank() - 1);
    int block = reduces ? Math.min(LaneReduction.LANES, extent) : lanes;
    return new NestVectors(lanes, block / lanes);
  }

  private static boolean isSupported(LaneStmt statement, NestPlan plan) {
    return switch (statement) {
      case LaneStmt.AtomicRmw _, LaneStmt.AtomicCas _ -> false;
      case LaneStmt.Reduce r -> VectorReduction.isSupported(r.combine());
      // The last index decides, which the scalar loop gives by itself.
      case LaneStmt.Store s -> !RefOffsets.isZero(s.target().strides().get(plan.rank() - 1));
      case LaneStmt.Compute _,
          LaneStmt.Index _,
          LaneStmt.Load _,
          LaneStmt.GatherLoad _,
          LaneStmt.GatherTile _,
          LaneStmt.ScatterStore _,
          LaneStmt.Assert _ ->
          true;
    };
  }

  private static boolean isWide(LaneStmt statement) {
    var values = new ArrayList<>(vectorOperands(statement));
    switch (statement) {
      case LaneStmt.Compute c -> {
        values.add(c.op().result());
        if (c.op() instanceof ElementwiseOp.Cast cast && VectorCasts.needsLongs(cast)) {
          return true;
        }
      }
      case LaneStmt.Load l -> values.add(l.result());
      case LaneStmt.GatherLoad l -> values.add(l.result());
      case LaneStmt.GatherTile g -> values.add(g.result());
      case LaneStmt.Reduce r -> {
        values.addAll(r.combine().params());
        r.combine().body().forEach(op -> values.addAll(op.results()));
        if (r.combine().body().stream()
            .anyMatch(op -> op instanceof ElementwiseOp.Cast c && VectorCasts.needsLongs(c))) {
          return true;
        }
      }
      case LaneStmt.Index _,
          LaneStmt.Store _,
          LaneStmt.ScatterStore _,
          LaneStmt.AtomicRmw _,
          LaneStmt.AtomicCas _,
          LaneStmt.Assert _ -> {}
    }
    return values.stream().anyMatch(v -> LaneKind.of(v.dtype()).bits() == 64);
  }

  /** The values that a statement of the innermost loop takes as vectors. */
  static List<Value> vectorOperands(LaneStmt statement) {
    var values = new ArrayList<Value>();
    switch (statement) {
      case LaneStmt.Compute c -> values.addAll(c.op().operands());
      case LaneStmt.Index _ -> {}
      case LaneStmt.Load l -> l.other().ifPresent(values::add);
      case LaneStmt.GatherLoad l -> {
        values.add(l.address());
        l.other().ifPresent(values::add);
      }
      case LaneStmt.GatherTile g -> values.add(g.offset());
      case LaneStmt.Store s -> values.add(s.value());
      case LaneStmt.ScatterStore s -> {
        values.add(s.address());
        values.add(s.value());
      }
      case LaneStmt.AtomicRmw _, LaneStmt.AtomicCas _ -> {}
      case LaneStmt.Assert a -> values.add(a.condition());
      case LaneStmt.Reduce r -> values.addAll(r.inputs());
    }
    ScalarNest.maskOf(statement).lane().ifPresent(values::add);
    return values;
  }
}
