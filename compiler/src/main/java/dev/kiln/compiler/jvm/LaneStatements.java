package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What statements of nests define and use. */
final class LaneStatements {
  private LaneStatements() {}

  /** What a statement defines, or null. */
  static Value result(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Compute c -> c.op().result();
      case LaneStmt.Index i -> i.result();
      case LaneStmt.Load l -> l.result();
      case LaneStmt.GatherLoad l -> l.result();
      case LaneStmt.GatherTile g -> g.result();
      case LaneStmt.AtomicRmw a -> a.result();
      case LaneStmt.AtomicCas a -> a.result();
      case LaneStmt.Store _, LaneStmt.ScatterStore _, LaneStmt.Assert _, LaneStmt.Reduce _ -> null;
    };
  }

  /** The operands that may be lane values: not those of references and bounds. */
  static List<Value> operands(LaneStmt statement) {
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
      case LaneStmt.ScatterStore s -> values.addAll(List.of(s.address(), s.value()));
      case LaneStmt.AtomicRmw a -> values.addAll(List.of(a.address(), a.value()));
      case LaneStmt.AtomicCas a -> values.addAll(List.of(a.address(), a.expected(), a.value()));
      case LaneStmt.Assert a -> values.add(a.condition());
      case LaneStmt.Reduce r -> values.addAll(r.inputs());
    }
    ScalarNest.maskOf(statement).lane().ifPresent(values::add);
    return values;
  }

  /** The statement with other operands. */
  static LaneStmt substitute(LaneStmt statement, UnaryOperator<Value> use) {
    return switch (statement) {
      case LaneStmt.Compute c -> new LaneStmt.Compute(substitute(c.op(), use));
      case LaneStmt.Index i -> i;
      case LaneStmt.Load l ->
          new LaneStmt.Load(
              l.loc(), l.result(), l.source(), mask(l.mask(), use), other(l.other(), use));
      case LaneStmt.GatherLoad l ->
          new LaneStmt.GatherLoad(
              l.loc(),
              l.result(),
              use.apply(l.address()),
              mask(l.mask(), use),
              other(l.other(), use));
      case LaneStmt.GatherTile g ->
          new LaneStmt.GatherTile(g.loc(), g.result(), g.source(), use.apply(g.offset()));
      case LaneStmt.Store s ->
          new LaneStmt.Store(s.loc(), s.target(), use.apply(s.value()), mask(s.mask(), use));
      case LaneStmt.ScatterStore s ->
          new LaneStmt.ScatterStore(
              s.loc(), use.apply(s.address()), use.apply(s.value()), mask(s.mask(), use));
      case LaneStmt.AtomicRmw a ->
          new LaneStmt.AtomicRmw(
              a.loc(),
              a.result(),
              a.kind(),
              use.apply(a.address()),
              use.apply(a.value()),
              mask(a.mask(), use));
      case LaneStmt.AtomicCas a ->
          new LaneStmt.AtomicCas(
              a.loc(),
              a.result(),
              use.apply(a.address()),
              use.apply(a.expected()),
              use.apply(a.value()));
      case LaneStmt.Assert a ->
          new LaneStmt.Assert(a.loc(), use.apply(a.condition()), a.message(), mask(a.mask(), use));
      case LaneStmt.Reduce r ->
          new LaneStmt.Reduce(
              r.loc(), r.inputs().stream().map(use).toList(), r.axis(), r.combine(), r.results());
    };
  }

  private static Optional<Value> other(Optional<Value> other, UnaryOperator<Value> use) {
    return other.map(use);
  }

  private static LaneStmt.Mask mask(LaneStmt.Mask mask, UnaryOperator<Value> use) {
    return new LaneStmt.Mask(mask.bounds(), mask.lane().map(use));
  }

  static ElementwiseOp substitute(ElementwiseOp op, UnaryOperator<Value> use) {
    return (ElementwiseOp)
        op.rewrite(
            new Rewriter() {
              @Override
              public Value use(Value operand) {
                return use.apply(operand);
              }

              @Override
              public Value define(Value result) {
                return result;
              }

              @Override
              public Block block(Block nested) {
                return nested;
              }
            });
  }
}
