package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.IntegerOps;
import dev.kiln.compiler.loop.LaneStmt;
import java.lang.constant.ConstantDescs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Conditions of selections, such as {@code where(columns < n, x, 0)}, that hold for all innermost
 * indices below a limit that is the same for a whole row. Blocks below the limits need not ask.
 */
final class RangeConditions {
  /**
   * {@code base + index < end}, or {@code <=}.
   *
   * @param base null for 0
   */
  record Limit(Value base, Value end, boolean inclusive) {}

  private final NestPlan plan;
  private final Definitions definitions;
  private final Map<Value, LaneStmt> statements = new IdentityHashMap<>();
  private final Set<Value> known = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Limit> limits = new LinkedHashSet<>();
  private final Set<Value> uniform = new LinkedHashSet<>();

  private RangeConditions(NestPlan plan, Definitions definitions) {
    this.plan = plan;
    this.definitions = definitions;
  }

  static RangeConditions of(NestPlan plan, Definitions definitions) {
    var conditions = new RangeConditions(plan, definitions);
    for (LaneStmt statement : plan.at(plan.rank())) {
      Value result = LaneStatements.result(statement);
      if (result != null) {
        conditions.statements.put(result, statement);
      }
      if (statement instanceof LaneStmt.Compute c
          && c.op() instanceof ElementwiseOp.Select select
          && !VectorCode.isMask(select.result())) {
        conditions.add(select.condition());
      }
    }
    return conditions;
  }

  /** What the innermost index must stay below. */
  Set<Limit> limits() {
    return limits;
  }

  /** What must hold of a row, beside the limits. */
  Set<Value> uniform() {
    return uniform;
  }

  /** Whether a condition holds below the limits. */
  boolean holdsBelowLimits(Value condition) {
    return known.contains(definitions.resolve(condition));
  }

  private void add(Value condition) {
    List<Limit> foundLimits = new ArrayList<>();
    List<Value> foundUniform = new ArrayList<>();
    Value resolved = definitions.resolve(condition);
    if (isLane(resolved) && visit(resolved, foundLimits, foundUniform) && !foundLimits.isEmpty()) {
      known.add(resolved);
      limits.addAll(foundLimits);
      uniform.addAll(foundUniform);
    }
  }

  private boolean isLane(Value value) {
    return plan.depthOf(value) == plan.rank();
  }

  private boolean visit(Value condition, List<Limit> foundLimits, List<Value> foundUniform) {
    Value value = definitions.resolve(condition);
    if (!isLane(value)) {
      Number constant = definitions.constant(value);
      if (constant == null) {
        foundUniform.add(value);
      }
      return constant == null || constant.longValue() != 0;
    }
    if (!(statements.get(value) instanceof LaneStmt.Compute compute)) {
      return false;
    }
    return switch (compute.op()) {
      case ElementwiseOp.Binary b when b.kind() == BinaryKind.AND ->
          visit(b.left(), foundLimits, foundUniform) && visit(b.right(), foundLimits, foundUniform);
      case ElementwiseOp.Compare c when c.left().dtype() == DType.I32 -> compare(c, foundLimits);
      default -> false;
    };
  }

  private boolean compare(ElementwiseOp.Compare c, List<Limit> foundLimits) {
    boolean fromLeft = c.kind() == CompareKind.LT || c.kind() == CompareKind.LE;
    boolean fromRight = c.kind() == CompareKind.GT || c.kind() == CompareKind.GE;
    if (!fromLeft && !fromRight) {
      return false;
    }
    Value ascending = definitions.resolve(fromLeft ? c.left() : c.right());
    Value end = fromLeft ? c.right() : c.left();
    boolean inclusive = c.kind() == CompareKind.LE || c.kind() == CompareKind.GE;
    if (isLane(definitions.resolve(end))) {
      return false;
    }
    if (isIndex(ascending)) {
      return foundLimits.add(new Limit(null, end, inclusive));
    }
    if (statements.get(ascending) instanceof LaneStmt.Compute compute
        && compute.op() instanceof ElementwiseOp.Binary sum
        && sum.kind() == BinaryKind.ADD) {
      Value left = definitions.resolve(sum.left());
      Value right = definitions.resolve(sum.right());
      Value base = isIndex(left) ? right : left;
      return isIndex(isIndex(left) ? left : right)
          && !isLane(base)
          && foundLimits.add(new Limit(base, end, inclusive));
    }
    return false;
  }

  private boolean isIndex(Value value) {
    return statements.get(value) instanceof LaneStmt.Index;
  }

  /** Pushes the first index that is not below a limit, at most the extent. */
  static void push(CodeWriter writer, Limit limit, int extent) {
    writer.push(limit.end);
    if (limit.base == null) {
      writer.code().loadConstant(0);
    } else {
      writer.push(limit.base);
    }
    writer.code().loadConstant(limit.inclusive ? 1 : 0).loadConstant(extent);
    writer.call(
        IntegerOps.class,
        "below",
        ConstantDescs.CD_int,
        ConstantDescs.CD_int,
        ConstantDescs.CD_int,
        ConstantDescs.CD_int,
        ConstantDescs.CD_int);
  }
}
