package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Cuts a nest whose method would be too large for the JIT into nests that run one after the other.
 * Lane values that cross a cut go through tiles in scratch memory. This keeps the meaning, because
 * no result of a nest depends on the order of its indices.
 */
final class NestSplit {
  private final LoopStmt.Nest nest;
  private final Definitions definitions;
  private final ScratchLayout scratch;
  private final Map<Value, TileRef> tiles = new IdentityHashMap<>();
  private final Map<Value, LaneStmt.Index> indices = new IdentityHashMap<>();

  private NestSplit(LoopStmt.Nest nest, Definitions definitions, ScratchLayout scratch) {
    this.nest = nest;
    this.definitions = definitions;
    this.scratch = scratch;
  }

  static List<LoopStmt.Nest> split(
      LoopStmt.Nest nest, int pieces, Definitions definitions, ScratchLayout scratch) {
    return new NestSplit(nest, definitions, scratch).split(pieces);
  }

  private List<LoopStmt.Nest> split(int count) {
    List<List<LaneStmt>> pieces = cut(count);
    Map<Value, Integer> definedIn = new IdentityHashMap<>();
    for (int p = 0; p < pieces.size(); p++) {
      for (LaneStmt statement : pieces.get(p)) {
        Value result = LaneStatements.result(statement);
        if (result != null) {
          definedIn.put(result, p);
        }
        if (statement instanceof LaneStmt.Index index) {
          indices.put(result, index);
        }
      }
    }
    var bodies = new ArrayList<List<LaneStmt>>();
    for (int p = 0; p < pieces.size(); p++) {
      bodies.add(new ArrayList<>());
    }
    for (int p = 0; p < pieces.size(); p++) {
      addPiece(pieces.get(p), p, definedIn, bodies);
    }
    return bodies.stream().map(b -> new LoopStmt.Nest(nest.loc(), nest.shape(), b)).toList();
  }

  /** Adds a piece whose operands from earlier pieces are read from tiles. */
  private void addPiece(
      List<LaneStmt> piece, int p, Map<Value, Integer> definedIn, List<List<LaneStmt>> bodies) {
    Map<Value, Value> local = new IdentityHashMap<>();
    Map<Value, Value> widened = new IdentityHashMap<>();
    List<LaneStmt> body = bodies.get(p);
    for (LaneStmt statement : piece) {
      for (Value operand : LaneStatements.operands(statement)) {
        Value value = definitions.resolve(operand);
        Integer from = definedIn.get(value);
        if (from == null || from == p || isConstant(value)) {
          continue;
        }
        if (local.containsKey(value)) {
          widen(operand, local.get(value), widened);
          continue;
        }
        Value copy = new Value(value.type(), value.hint());
        local.put(value, copy);
        if (indices.containsKey(value)) {
          body.add(new LaneStmt.Index(statement.loc(), copy, indices.get(value).axis()));
        } else {
          TileRef tile = tiles.computeIfAbsent(value, v -> keep(v, bodies.get(from)));
          body.add(
              new LaneStmt.Load(statement.loc(), copy, tile, LaneStmt.Mask.ALL, Optional.empty()));
        }
        widen(operand, copy, widened);
      }
      body.add(
          LaneStatements.substitute(
              statement,
              v -> widened.getOrDefault(v, local.getOrDefault(definitions.resolve(v), v))));
    }
  }

  /**
   * A small float is held as fp32, so its widening is another name for it; under that name it must
   * stay fp32, or an operation that only fp32 has would be refused.
   */
  private void widen(Value operand, Value copy, Map<Value, Value> widened) {
    if (!operand.type().equals(copy.type()) && !widened.containsKey(operand)) {
      Value wide = new Value(operand.type(), operand.hint());
      definitions.alias(wide, copy);
      widened.put(operand, wide);
    }
  }

  private boolean isConstant(Value value) {
    return definitions.isConstant(value);
  }

  /** Stores a value where it is defined. */
  private TileRef keep(Value value, List<LaneStmt> body) {
    DType dtype = value.dtype();
    long offset = scratch.allocate((long) nest.shape().size() * dtype.bytes());
    TileRef tile = TileRef.scratch(dtype, offset, nest.shape());
    body.add(new LaneStmt.Store(nest.loc(), tile, value, LaneStmt.Mask.ALL));
    return tile;
  }

  /** Pieces of about one weight. */
  private List<List<LaneStmt>> cut(int count) {
    int total = nest.body().stream().mapToInt(NestSplit::weight).sum();
    var pieces = new ArrayList<List<LaneStmt>>();
    var piece = new ArrayList<LaneStmt>();
    int weight = 0;
    int atomics = (int) nest.body().stream().filter(NestSplit::isAtomic).count();
    int left = atomics;
    for (LaneStmt statement : nest.body()) {
      piece.add(statement);
      weight += weight(statement);
      left -= isAtomic(statement) ? 1 : 0;
      // Atomic operations stay together: their order over all indices can be seen.
      boolean isBetweenAtomics = left > 0 && left < atomics;
      if (!isBetweenAtomics && (long) weight * count >= (long) total * (pieces.size() + 1)) {
        pieces.add(List.copyOf(piece));
        piece.clear();
      }
    }
    if (!piece.isEmpty()) {
      pieces.add(List.copyOf(piece));
    }
    return pieces;
  }

  private static boolean isAtomic(LaneStmt statement) {
    return statement instanceof LaneStmt.AtomicRmw || statement instanceof LaneStmt.AtomicCas;
  }

  /** About how many operations a statement becomes. */
  private static int weight(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Compute c -> {
        ElementwiseOp op = c.op();
        boolean small = VectorLegalizer.isSmallFloat(op.result().dtype());
        yield MathExpansion.applies(op) ? 45 : small ? 15 : 1;
      }
      case LaneStmt.Index _ -> 1;
      case LaneStmt.Load l -> VectorLegalizer.isSmallFloat(l.source().dtype()) ? 12 : 4;
      case LaneStmt.Store s -> VectorLegalizer.isSmallFloat(s.target().dtype()) ? 20 : 4;
      case LaneStmt.Reduce r -> 8 * r.combine().ops().size();
      case LaneStmt.GatherLoad _,
          LaneStmt.GatherTile _,
          LaneStmt.ScatterStore _,
          LaneStmt.AtomicRmw _,
          LaneStmt.AtomicCas _,
          LaneStmt.Assert _ ->
          10;
    };
  }
}
