package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rules by the operation that they look at; of several that apply the first counts. */
public final class RewriteTable {
  private static final RewriteRule<?>[] NONE = {};

  private final Map<Class<?>, RewriteRule<?>[]> byOp = new HashMap<>();

  /** A table of rules of one or more families, in their order. */
  @SafeVarargs
  public static RewriteTable of(List<RewriteRule<?>>... families) {
    var grouped = new HashMap<Class<?>, List<RewriteRule<?>>>();
    for (List<RewriteRule<?>> family : families) {
      for (RewriteRule<?> rule : family) {
        grouped.computeIfAbsent(rule.on(), op -> new ArrayList<>()).add(rule);
      }
    }
    var table = new RewriteTable();
    grouped.forEach((op, rules) -> table.byOp.put(op, rules.toArray(NONE)));
    return table;
  }

  /** What the operation is to be replaced by, or null. */
  List<Value> rewrite(Op op, Rewriting in) {
    for (RewriteRule<?> rule : byOp.getOrDefault(op.getClass(), NONE)) {
      List<Value> replacement = rule.apply(op, in);
      if (replacement != null) {
        return replacement;
      }
    }
    return null;
  }
}
