package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which scalars a piece of code uses that are defined outside of it: what it takes as parameters
 * when it becomes a method. Constants do not count, and other names are resolved.
 */
final class FreeValues {
  private final Definitions definitions;
  private final Set<Value> used = new LinkedHashSet<>();
  private final Set<Value> defined = Collections.newSetFromMap(new IdentityHashMap<>());

  private FreeValues(Definitions definitions) {
    this.definitions = definitions;
  }

  static List<Value> of(Definitions definitions, List<LoopStmt> statements) {
    var free = new FreeValues(definitions);
    statements.forEach(free::add);
    return free.result();
  }

  static List<Value> of(Definitions definitions, LoopStmt statement) {
    return of(definitions, List.of(statement));
  }

  private List<Value> result() {
    return used.stream().filter(v -> !defined.contains(v)).toList();
  }

  private void use(Value value) {
    Value resolved = definitions.resolve(value);
    if (!definitions.isConstant(resolved)) {
      used.add(resolved);
    }
  }

  private void use(List<Value> values) {
    values.forEach(this::use);
  }

  private void use(Optional<Value> value) {
    value.ifPresent(this::use);
  }

  private void define(List<Value> values) {
    defined.addAll(values);
  }

  private void use(TileRef ref) {
    if (ref.base() instanceof TileRef.Global global) {
      use(global.pointer());
    }
    for (TileRef.Stride stride : ref.strides()) {
      switch (stride) {
        case TileRef.Fixed _, TileRef.Indexed _ -> {}
        case TileRef.Dynamic dynamic -> use(dynamic.elements());
      }
    }
  }

  private void useBounds(List<LoopStmt.Bound> bounds) {
    for (LoopStmt.Bound bound : bounds) {
      use(bound.lower());
      use(bound.upper());
    }
  }

  private void use(LaneStmt.Mask mask) {
    useBounds(mask.bounds());
    use(mask.lane());
  }

  private void useProgram() {
    definitions.programIds().forEach(this::use);
  }

  private void add(LoopStmt statement) {
    switch (statement) {
      case LoopStmt.Scalar s -> add(s.op());
      case LoopStmt.ReadElement r -> {
        use(r.source());
        defined.add(r.result());
      }
      case LoopStmt.WriteElement w -> {
        use(w.target());
        use(w.value());
      }
      case LoopStmt.For f -> {
        use(List.of(f.lower(), f.upper(), f.step()));
        use(f.inits());
        defined.add(f.induction());
        define(f.carried());
        f.body().forEach(this::add);
        use(f.yields());
        define(f.results());
      }
      case LoopStmt.While w -> {
        use(w.inits());
        define(w.carried());
        w.before().forEach(this::add);
        use(w.condition());
        use(w.forwarded());
        define(w.bodyParams());
        w.body().forEach(this::add);
        use(w.yields());
        define(w.results());
      }
      case LoopStmt.If i -> {
        use(i.condition());
        i.thenBody().forEach(this::add);
        use(i.thenYields());
        i.elseBody().forEach(this::add);
        use(i.elseYields());
        define(i.results());
      }
      case LoopStmt.Nest n -> n.body().forEach(this::add);
      case LoopStmt.Dot d -> {
        use(d.repeats());
        use(d.acc());
        for (LoopStmt.Factor factor : List.of(d.a(), d.b())) {
          use(factor.ref());
          useBounds(factor.bounds());
          use(factor.steady());
        }
      }
      case LoopStmt.Scan s -> {
        s.sources().forEach(this::use);
        s.targets().forEach(this::use);
        add(s.combine());
      }
      case LoopStmt.MapElementwise m -> {
        m.sources().forEach(this::use);
        m.targets().forEach(this::use);
        add(m.body());
      }
      case LoopStmt.Histogram h -> {
        use(h.source());
        h.mask().ifPresent(this::use);
        use(h.target());
      }
      case LoopStmt.Print p -> {
        useProgram();
        for (LoopStmt.PrintOperand operand : p.operands()) {
          use(operand.scalar());
          operand.tile().ifPresent(this::use);
        }
      }
    }
  }

  private void add(LaneStmt statement) {
    switch (statement) {
      case LaneStmt.Compute c -> add(c.op());
      case LaneStmt.Index i -> defined.add(i.result());
      case LaneStmt.Load l -> {
        use(l.source());
        use(l.mask());
        use(l.other());
        defined.add(l.result());
      }
      case LaneStmt.GatherLoad l -> {
        use(l.address());
        use(l.mask());
        use(l.other());
        defined.add(l.result());
      }
      case LaneStmt.GatherTile g -> {
        use(g.source());
        use(g.offset());
        defined.add(g.result());
      }
      case LaneStmt.Store s -> {
        use(s.target());
        use(s.value());
        use(s.mask());
      }
      case LaneStmt.ScatterStore s -> {
        use(s.address());
        use(s.value());
        use(s.mask());
      }
      case LaneStmt.AtomicRmw a -> {
        use(a.address());
        use(a.value());
        use(a.mask());
        defined.add(a.result());
      }
      case LaneStmt.AtomicCas a -> {
        use(List.of(a.address(), a.expected(), a.value()));
        defined.add(a.result());
      }
      case LaneStmt.Assert a -> {
        useProgram();
        use(a.condition());
        use(a.mask());
      }
      case LaneStmt.Reduce r -> {
        use(r.inputs());
        add(r.combine());
        r.results().forEach(this::use);
      }
    }
  }

  private void add(Block block) {
    define(block.params());
    block.ops().forEach(this::add);
  }

  private void add(Op op) {
    if (definitions.needsNoCode(op)) {
      return;
    }
    if (op instanceof dev.kiln.compiler.ir.MemoryOp.Assert) {
      useProgram();
    }
    op.blocks().forEach(this::add);
    use(op.operands());
    define(op.results());
  }
}
