package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the bounds of a nest's masks mean for its loops. A bound of an outer axis that all effects
 * share clips that axis's loop. In a row, blocks from {@code fullStart} to {@code fullEnd} are
 * active in every lane of every statement; blocks from {@code start} to {@code end} may be in some.
 */
final class NestBounds {
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final NestPlan plan;
  private final ScalarNest scalar;
  private final int rank;
  private final int block;
  private final RangeConditions conditions;

  /** Bounds of the statements in the innermost loop that do not clip a loop. */
  private final Set<LoopStmt.Bound> inner = new LinkedHashSet<>();

  private final Set<LoopStmt.Bound> outer = new LinkedHashSet<>();
  private final Set<LoopStmt.Bound> clipping;
  private final Set<Value> uniformLanes = new LinkedHashSet<>();
  private final Map<LoopStmt.Bound, Integer> activeFlags = new HashMap<>();
  private int start;
  private int end;
  private int fullStart;
  private int fullEnd;

  NestBounds(
      CodeWriter writer, NestPlan plan, ScalarNest scalar, int block, RangeConditions conditions) {
    this.writer = writer;
    this.code = writer.code();
    this.plan = plan;
    this.scalar = scalar;
    this.rank = plan.rank();
    this.block = block;
    this.conditions = conditions;
    this.uniformLanes.addAll(conditions.uniform());
    this.clipping = sharedByEffects();
    for (LaneStmt statement : plan.at(rank)) {
      LaneStmt.Mask mask = ScalarNest.maskOf(statement);
      for (LoopStmt.Bound bound : mask.bounds()) {
        if (bound.axis() == rank - 1) {
          inner.add(bound);
        } else if (!clipping.contains(bound)) {
          outer.add(bound);
        }
      }
      mask.lane()
          .filter(lane -> plan.depthOf(lane) < rank && !writer.definitions().isConstant(lane))
          .ifPresent(lane -> uniformLanes.add(writer.definitions().resolve(lane)));
    }
  }

  /** Bounds of outer axes outside of which nothing has an effect. */
  private Set<LoopStmt.Bound> sharedByEffects() {
    Set<LoopStmt.Bound> shared = null;
    for (NestPlan.Step step : plan.steps()) {
      switch (step.statement()) {
        case LaneStmt.Store _, LaneStmt.ScatterStore _, LaneStmt.Assert _ -> {
          var own = new LinkedHashSet<LoopStmt.Bound>();
          ScalarNest.maskOf(step.statement()).bounds().stream()
              .filter(b -> b.axis() < rank - 1)
              .forEach(own::add);
          if (shared == null) {
            shared = own;
          } else {
            shared.retainAll(own);
          }
        }
        case LaneStmt.Reduce _, LaneStmt.AtomicRmw _, LaneStmt.AtomicCas _ -> {
          return Set.of();
        }
        case LaneStmt.Compute _,
            LaneStmt.Index _,
            LaneStmt.Load _,
            LaneStmt.GatherLoad _,
            LaneStmt.GatherTile _ -> {}
      }
    }
    return shared == null ? Set.of() : shared;
  }

  /** Whether any block may need masks because of bounds. */
  boolean hasMasks() {
    return !inner.isEmpty()
        || !outer.isEmpty()
        || !uniformLanes.isEmpty()
        || !conditions.limits().isEmpty();
  }

  boolean hasLowerBounds() {
    return inner.stream().anyMatch(b -> b.lower().isPresent());
  }

  /** The bounds of a mask that a masked block must test. */
  List<LoopStmt.Bound> maskedBounds(LaneStmt.Mask mask) {
    return mask.bounds().stream().filter(b -> !clipping.contains(b)).toList();
  }

  void pushLoopStart(int axis) {
    code.loadConstant(0);
    clip(axis, 0, "max");
  }

  void pushLoopEnd(int axis) {
    code.loadConstant(plan.shape().dim(axis));
    clip(axis, 1, "min");
  }

  private void clip(int axis, int side, String tightest) {
    for (LoopStmt.Bound bound : clipping) {
      if (bound.axis() == axis) {
        code.iload(scalar.sides(bound)[side]);
        callMath(tightest);
      }
    }
  }

  private void callMath(String name) {
    writer.call(
        ClassDesc.of("java.lang.Math"),
        name,
        ConstantDescs.CD_int,
        ConstantDescs.CD_int,
        ConstantDescs.CD_int);
  }

  /** Computes the parts of a row, before its loop. */
  void enterRow() {
    if (!hasMasks()) {
      return;
    }
    int extent = plan.shape().dim(rank - 1);
    Label partial = code.newLabel();
    Label known = code.newLabel();
    start = code.allocateLocal(TypeKind.INT);
    end = code.allocateLocal(TypeKind.INT);
    fullStart = code.allocateLocal(TypeKind.INT);
    fullEnd = code.allocateLocal(TypeKind.INT);
    for (LoopStmt.Bound bound : outer) {
      activeFlags.put(bound, activeFlag(bound));
    }
    range(extent);
    code.loadConstant(0);
    inner.forEach(b -> tighten(b, 0, "max"));
    roundUp();
    code.istore(fullStart);
    code.loadConstant(extent);
    inner.forEach(b -> tighten(b, 1, "min"));
    for (RangeConditions.Limit limit : conditions.limits()) {
      RangeConditions.push(writer, limit, extent);
      callMath("min");
    }
    roundDown();
    code.istore(fullEnd);
    for (LoopStmt.Bound bound : outer) {
      code.iload(activeFlags.get(bound)).ifeq(partial);
    }
    for (Value lane : uniformLanes) {
      writer.push(lane);
      code.ifeq(partial);
    }
    code.iload(fullStart).iload(fullEnd).if_icmplt(known);
    code.labelBinding(partial);
    // No block is full: all are done with masks.
    code.iload(start).istore(fullStart);
    code.iload(start).istore(fullEnd);
    code.labelBinding(known);
  }

  private void tighten(LoopStmt.Bound bound, int side, String tightest) {
    code.iload(scalar.sides(bound)[side]);
    callMath(tightest);
  }

  private void roundUp() {
    code.loadConstant(block - 1).iadd();
    roundDown();
  }

  private void roundDown() {
    code.loadConstant(-block).iand();
  }

  /** Where every effect has the same innermost bound, nothing is done outside of it. */
  private void range(int extent) {
    Set<LoopStmt.Bound> shared = null;
    var effects = new ArrayList<LaneStmt>();
    for (LaneStmt statement : plan.at(rank)) {
      if (statement instanceof LaneStmt.Reduce) {
        shared = Set.of();
        break;
      }
      if (statement instanceof LaneStmt.Store
          || statement instanceof LaneStmt.ScatterStore
          || statement instanceof LaneStmt.Assert) {
        effects.add(statement);
      }
    }
    if (shared == null) {
      shared = new LinkedHashSet<>(inner);
      for (LaneStmt effect : effects) {
        shared.retainAll(ScalarNest.maskOf(effect).bounds());
      }
    }
    code.loadConstant(0);
    shared.forEach(b -> tighten(b, 0, "max"));
    roundDown();
    code.istore(start);
    code.loadConstant(extent);
    shared.forEach(b -> tighten(b, 1, "min"));
    code.istore(end);
  }

  private int activeFlag(LoopStmt.Bound bound) {
    int flag = code.allocateLocal(TypeKind.INT);
    int[] sides = scalar.sides(bound);
    int at = scalar.index()[bound.axis()];
    Label inactive = code.newLabel();
    code.loadConstant(0).istore(flag);
    code.iload(at).iload(sides[0]).if_icmplt(inactive);
    code.iload(at).iload(sides[1]).if_icmpge(inactive);
    code.loadConstant(1).istore(flag);
    code.labelBinding(inactive);
    return flag;
  }

  void pushIsActive(LoopStmt.Bound bound) {
    code.iload(activeFlags.get(bound));
  }

  void pushStart() {
    code.iload(start);
  }

  void pushFullStart() {
    code.iload(fullStart);
  }

  void pushFullEnd() {
    code.iload(fullEnd);
  }

  void pushEnd() {
    code.iload(end);
  }
}
