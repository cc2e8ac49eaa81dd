package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** Accesses whose masks are known, and checks that hold. */
final class MemoryRules {
  static final List<RewriteRule<?>> RULES =
      List.of(
          new RewriteRule<>("load with a known mask", MemoryOp.Load.class, MemoryRules::load),
          new RewriteRule<>("store with a known mask", MemoryOp.Store.class, MemoryRules::store),
          new RewriteRule<>(
              "atomic_rmw with a known mask", MemoryOp.AtomicRmw.class, MemoryRules::atomic),
          new RewriteRule<>("assert true -> nothing", MemoryOp.Assert.class, MemoryRules::check),
          new RewriteRule<>("assume true -> nothing", MemoryOp.Assume.class, MemoryRules::assume));

  private MemoryRules() {}

  private static boolean is(Optional<Value> mask, boolean value, Rewriting in) {
    return mask.isPresent() && in.isConstant(mask.get(), value ? 1 : 0);
  }

  private static List<Value> load(MemoryOp.Load op, Rewriting in) {
    if (is(op.mask(), false, in) && !op.hints().isVolatile()) {
      return List.of(
          op.other().orElseGet(() -> in.constant(op.result().type(), zero(op.result()))));
    }
    if (is(op.mask(), true, in) || (op.mask().isEmpty() && op.other().isPresent())) {
      return in.emit(
          new MemoryOp.Load(
              op.loc(),
              op.result(),
              op.pointer(),
              Optional.empty(),
              Optional.empty(),
              op.hints(),
              op.block()));
    }
    return null;
  }

  private static Number zero(Value value) {
    if (value.dtype().isFloat()) {
      return 0.0;
    }
    return 0L;
  }

  private static List<Value> store(MemoryOp.Store op, Rewriting in) {
    if (is(op.mask(), false, in)) {
      return List.of();
    }
    return is(op.mask(), true, in)
        ? in.emit(
            new MemoryOp.Store(
                op.loc(), op.pointer(), op.value(), Optional.empty(), op.hints(), op.block()))
        : null;
  }

  private static List<Value> atomic(MemoryOp.AtomicRmw op, Rewriting in) {
    if (is(op.mask(), false, in)) {
      return List.of(in.constant(op.result().type(), zero(op.result())));
    }
    return is(op.mask(), true, in)
        ? in.emit(
            new MemoryOp.AtomicRmw(
                op.loc(),
                op.result(),
                op.kind(),
                op.pointer(),
                op.value(),
                Optional.empty(),
                op.semantics(),
                op.scope()))
        : null;
  }

  private static List<Value> check(MemoryOp.Assert op, Rewriting in) {
    boolean holds = in.isConstant(op.condition(), 1) || is(op.mask(), false, in);
    return holds ? List.of() : null;
  }

  private static List<Value> assume(MemoryOp.Assume op, Rewriting in) {
    return in.isConstant(op.condition(), 1) ? List.of() : null;
  }
}
