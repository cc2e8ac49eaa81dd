package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Questions to lane statements, and copies of them with other parts. */
final class LaneCode {
  private LaneCode() {}

  /** The operation on other operands, with another result. */
  static ElementwiseOp substituted(ElementwiseOp op, Map<Value, Value> operands, Value result) {
    return (ElementwiseOp)
        op.rewrite(
            new Rewriter() {
              @Override
              public Value use(Value operand) {
                return operands.getOrDefault(operand, operand);
              }

              @Override
              public Value define(Value ignored) {
                return result;
              }

              @Override
              public Block block(Block nested) {
                return nested;
              }
            });
  }

  /** The lane value that a statement defines. */
  static Optional<Value> result(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Compute s -> Optional.of(s.op().result());
      case LaneStmt.Index s -> Optional.of(s.result());
      case LaneStmt.Load s -> Optional.of(s.result());
      case LaneStmt.GatherLoad s -> Optional.of(s.result());
      case LaneStmt.GatherTile s -> Optional.of(s.result());
      case LaneStmt.AtomicRmw s -> Optional.of(s.result());
      case LaneStmt.AtomicCas s -> Optional.of(s.result());
      case LaneStmt.Store s -> Optional.empty();
      case LaneStmt.ScatterStore s -> Optional.empty();
      case LaneStmt.Assert s -> Optional.empty();
      case LaneStmt.Reduce s -> Optional.empty();
    };
  }

  /** Every lane value and driver scalar that a statement uses, those of references included. */
  static List<Value> operands(LaneStmt statement) {
    List<Value> used = new ArrayList<>();
    switch (statement) {
      case LaneStmt.Compute s -> used.addAll(s.op().operands());
      case LaneStmt.Index s -> {}
      case LaneStmt.Load s -> s.other().ifPresent(used::add);
      case LaneStmt.GatherLoad s -> {
        used.add(s.address());
        s.other().ifPresent(used::add);
      }
      case LaneStmt.GatherTile s -> used.add(s.offset());
      case LaneStmt.Store s -> used.add(s.value());
      case LaneStmt.ScatterStore s -> used.addAll(List.of(s.address(), s.value()));
      case LaneStmt.AtomicRmw s -> used.addAll(List.of(s.address(), s.value()));
      case LaneStmt.AtomicCas s -> used.addAll(List.of(s.address(), s.expected(), s.value()));
      case LaneStmt.Assert s -> used.add(s.condition());
      case LaneStmt.Reduce s -> {
        used.addAll(s.inputs());
        used.addAll(Uses.captured(s.combine()));
      }
    }
    Optional<LaneStmt.Mask> mask = mask(statement);
    mask.flatMap(LaneStmt.Mask::lane).ifPresent(used::add);
    mask.ifPresent(m -> m.bounds().forEach(b -> addBound(b, used)));
    refs(statement).forEach(ref -> addRef(ref, used));
    return used;
  }

  static void addBound(LoopStmt.Bound bound, List<Value> used) {
    bound.lower().ifPresent(used::add);
    bound.upper().ifPresent(used::add);
  }

  static void addRef(TileRef ref, List<Value> used) {
    if (ref.base() instanceof TileRef.Global global) {
      used.add(global.pointer());
    }
    for (TileRef.Stride stride : ref.strides()) {
      if (stride instanceof TileRef.Dynamic dynamic) {
        used.add(dynamic.elements());
      }
    }
  }

  /** A factor of a product with other driver scalars. */
  static LoopStmt.Factor withScalars(LoopStmt.Factor factor, Rewriter scalars) {
    TileRef ref = factor.ref();
    TileRef.Base base =
        switch (ref.base()) {
          case TileRef.Scratch s -> s;
          case TileRef.Global g -> new TileRef.Global(scalars.use(g.pointer()));
        };
    List<TileRef.Stride> strides = new ArrayList<>();
    for (TileRef.Stride stride : ref.strides()) {
      strides.add(
          stride instanceof TileRef.Dynamic d
              ? new TileRef.Dynamic(scalars.use(d.elements()))
              : stride);
    }
    List<LoopStmt.Bound> bounds =
        factor.bounds().stream()
            .map(
                b ->
                    new LoopStmt.Bound(
                        b.axis(), b.lower().map(scalars::use), b.upper().map(scalars::use)))
            .toList();
    return new LoopStmt.Factor(
        new TileRef(ref.dtype(), base, strides),
        bounds,
        factor.signed(),
        factor.steady().map(scalars::use));
  }

  static Optional<LaneStmt.Mask> mask(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Load s -> Optional.of(s.mask());
      case LaneStmt.GatherLoad s -> Optional.of(s.mask());
      case LaneStmt.Store s -> Optional.of(s.mask());
      case LaneStmt.ScatterStore s -> Optional.of(s.mask());
      case LaneStmt.AtomicRmw s -> Optional.of(s.mask());
      case LaneStmt.Assert s -> Optional.of(s.mask());
      case LaneStmt.AtomicCas s -> Optional.empty();
      case LaneStmt.Compute s -> Optional.empty();
      case LaneStmt.Index s -> Optional.empty();
      case LaneStmt.GatherTile s -> Optional.empty();
      case LaneStmt.Reduce s -> Optional.empty();
    };
  }

  static List<TileRef> refs(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Load s -> List.of(s.source());
      case LaneStmt.GatherTile s -> List.of(s.source());
      case LaneStmt.Store s -> List.of(s.target());
      case LaneStmt.Reduce s -> s.results();
      case LaneStmt.Compute s -> List.of();
      case LaneStmt.Index s -> List.of();
      case LaneStmt.GatherLoad s -> List.of();
      case LaneStmt.ScatterStore s -> List.of();
      case LaneStmt.AtomicRmw s -> List.of();
      case LaneStmt.AtomicCas s -> List.of();
      case LaneStmt.Assert s -> List.of();
    };
  }

  /** Whether indices must run in row-major order. */
  static boolean isOrdered(LaneStmt statement) {
    return statement instanceof LaneStmt.ScatterStore
        || statement instanceof LaneStmt.AtomicRmw
        || statement instanceof LaneStmt.AtomicCas
        || statement instanceof LaneStmt.Assert
        || (statement instanceof LaneStmt.Store store
            && store.target().strides().stream().anyMatch(TileRef.Indexed.class::isInstance));
  }

  /** A copy with other references and other axis numbers. */
  static LaneStmt mapped(
      LaneStmt statement, UnaryOperator<TileRef> ref, UnaryOperator<Integer> axis) {
    return switch (statement) {
      case LaneStmt.Compute s -> s;
      case LaneStmt.Index s -> new LaneStmt.Index(s.loc(), s.result(), axis.apply(s.axis()));
      case LaneStmt.Load s ->
          new LaneStmt.Load(
              s.loc(), s.result(), ref.apply(s.source()), mapped(s.mask(), axis), s.other());
      case LaneStmt.GatherLoad s ->
          new LaneStmt.GatherLoad(
              s.loc(), s.result(), s.address(), mapped(s.mask(), axis), s.other());
      case LaneStmt.GatherTile s ->
          new LaneStmt.GatherTile(s.loc(), s.result(), ref.apply(s.source()), s.offset());
      case LaneStmt.Store s ->
          new LaneStmt.Store(s.loc(), ref.apply(s.target()), s.value(), mapped(s.mask(), axis));
      case LaneStmt.ScatterStore s ->
          new LaneStmt.ScatterStore(s.loc(), s.address(), s.value(), mapped(s.mask(), axis));
      case LaneStmt.AtomicRmw s ->
          new LaneStmt.AtomicRmw(
              s.loc(), s.result(), s.kind(), s.address(), s.value(), mapped(s.mask(), axis));
      case LaneStmt.AtomicCas s -> s;
      case LaneStmt.Assert s ->
          new LaneStmt.Assert(s.loc(), s.condition(), s.message(), mapped(s.mask(), axis));
      case LaneStmt.Reduce s ->
          new LaneStmt.Reduce(
              s.loc(),
              s.inputs(),
              axis.apply(s.axis()),
              s.combine(),
              s.results().stream().map(ref).toList());
    };
  }

  private static LaneStmt.Mask mapped(LaneStmt.Mask mask, UnaryOperator<Integer> axis) {
    return new LaneStmt.Mask(
        mask.bounds().stream()
            .map(b -> new LoopStmt.Bound(axis.apply(b.axis()), b.lower(), b.upper()))
            .toList(),
        mask.lane());
  }

  /** The body of a nest without computations that nobody uses. */
  static List<LaneStmt> withoutDead(List<LaneStmt> computations, List<LaneStmt> effects) {
    Set<Value> used = new HashSet<>();
    effects.forEach(s -> used.addAll(operands(s)));
    List<LaneStmt> live = new ArrayList<>();
    for (LaneStmt statement : computations.reversed()) {
      if (result(statement).map(used::contains).orElse(true)) {
        used.addAll(operands(statement));
        live.add(statement);
      }
    }
    List<LaneStmt> body = new ArrayList<>(live.reversed());
    body.addAll(effects);
    return body;
  }
}
