package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.dot.InvariantOperands;
import dev.kiln.compiler.gpu.memory.GlobalOrder;
import dev.kiln.compiler.gpu.pipeline.PipelineEmitter;
import dev.kiln.compiler.gpu.plan.PlannedConversions;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Loops and branches. Their conditions are the same in all threads. */
final class ControlFlow {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final PlannedConversions conversions;

  ControlFlow(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.conversions = PlannedConversions.of(emission.function(), emission.plan());
  }

  // ---------------------------------------------------------------- branches

  void emit(ControlOp.If branch) {
    var results = new Carried(emission, branch.results());
    results.define(
        choose(
            emission.scalar(branch.condition()),
            () -> {
              emission.operations(branch.thenBlock());
              return results.operands(branch.thenBlock().terminator().operands());
            },
            () -> {
              emission.operations(branch.elseBlock());
              return results.operands(branch.elseBlock().terminator().operands());
            }));
  }

  /** A branch, unless the way is known. */
  private List<Operand> choose(
      Operand condition, Supplier<List<Operand>> thenWay, Supplier<List<Operand>> elseWay) {
    if (condition instanceof Immediate known) {
      return known.bits() != 0 ? thenWay.get() : elseWay.get();
    }
    GlobalOrder order = emission.order();
    GlobalOrder.Pending before = order.pending();
    var afterThen = new GlobalOrder.Pending[1];
    return ptx.branch(
        condition,
        () -> {
          List<Operand> results = emission.scoped(thenWay);
          afterThen[0] = order.pending();
          order.restore(before);
          return results;
        },
        () -> {
          List<Operand> results = emission.scoped(elseWay);
          order.merge(afterThen[0]);
          return results;
        });
  }

  // ---------------------------------------------------------------- for

  /** A loop that tests at its end, behind a test whether it runs at all. */
  void emit(ControlOp.For loop) {
    InvariantOperands.store(emission, loop);
    var results = new Carried(emission, loop.results());
    var bounds = new ForBounds(emission, loop);
    results.define(
        choose(
            bounds.runs(),
            () -> repeat(loop, bounds, results),
            () -> results.operands(loop.inits())));
  }

  /** Converts before a loop what does not change in it. */
  private void convertInvariants(Block body) {
    for (PlannedConversions.Conversion conversion : conversions.invariant(body)) {
      if (emission.place(conversion.tile()) == null) {
        emission.fragment(conversion.tile(), conversion.to());
      }
    }
  }

  private List<Operand> repeat(ControlOp.For loop, ForBounds bounds, Carried results) {
    convertInvariants(loop.body());
    LoopAhead ahead = PipelineEmitter.of(emission, loop, bounds).orElse(null);
    var carried = new Carried(emission, loop.carried());
    List<Operand> state = new ArrayList<>();
    state.add(bounds.lower());
    state.addAll(carried.operands(loop.inits()));
    int own = state.size();
    if (ahead != null) {
      state.addAll(ahead.begin());
      state = steady(loop, bounds, ahead, state);
    }
    List<Operand> end = iterations(loop, bounds, ahead, state, bounds.upper(), false);
    if (ahead != null) {
      ahead.end();
    }
    carried.define(loop.results(), end.subList(1, own));
    return results.operands(loop.results());
  }

  /** The iterations for which the work ahead is simpler, in a loop before that of the others. */
  private List<Operand> steady(
      ControlOp.For loop, ForBounds bounds, LoopAhead ahead, List<Operand> state) {
    Optional<Operand> end = ahead.steadyEnd();
    return end.isEmpty()
        ? state
        : choose(
            bounds.less(bounds.lower(), end.get()),
            () -> afterSteady(ahead, iterations(loop, bounds, ahead, state, end.get(), true)),
            () -> state);
  }

  /** What the second loop begins with. */
  private List<Operand> afterSteady(LoopAhead ahead, List<Operand> end) {
    int own = end.size() - ahead.left().size();
    List<Operand> state = new ArrayList<>(end.subList(0, own));
    state.addAll(ahead.carry(end.subList(own, end.size()), end.getFirst()));
    return state;
  }

  /**
   * A loop that tests at its end.
   *
   * @param ahead or {@code null}
   * @param inits the first number, the carried values, and what the work ahead carries
   * @param end the number below which there are iterations, the first among them
   * @return the number and the carried values behind the last iteration, then what the work ahead
   *     leaves
   */
  private List<Operand> iterations(
      ControlOp.For loop,
      ForBounds bounds,
      LoopAhead ahead,
      List<Operand> inits,
      Operand end,
      boolean isSteady) {
    var carried = new Carried(emission, loop.carried());
    int own = 1 + carried.types().size();
    Operand last = bounds.lowered(end);
    List<RegisterClass> types = inits.stream().map(Operand::type).toList();
    List<Operand> next = new ArrayList<>();
    emission.order().enter(loop);
    return ptx.loop(
        types,
        inits,
        params ->
            emission.scoped(
                () -> {
                  Operand induction = params.getFirst();
                  emission.define(loop.induction(), induction);
                  carried.define(params.subList(1, own));
                  Block body =
                      ahead == null
                          ? loop.body()
                          : ahead.iteration(
                              params.subList(own, params.size()), induction, isSteady);
                  emission.operations(body);
                  List<Operand> yielded = carried.operands(loop.body().terminator().operands());
                  ptx.at(loop.loc());
                  // Before the number moves on, so that one register can hold both.
                  Operand stay = bounds.less(induction, last);
                  next.add(bounds.later(induction, 1));
                  next.addAll(yielded);
                  List<Operand> exits = new ArrayList<>(next);
                  if (ahead != null) {
                    next.addAll(ahead.next());
                    exits.addAll(isSteady ? ahead.left() : List.of());
                  }
                  return new PtxBuilder.LoopHead(stay, exits);
                }),
        params -> next);
  }

  // ---------------------------------------------------------------- while

  void emit(ControlOp.While loop) {
    InvariantOperands.store(emission, loop);
    var params = new Carried(emission, loop.before().params());
    var forwarded = new Carried(emission, loop.body().params());
    var results = new Carried(emission, loop.results());
    List<Value> condition = loop.before().terminator().operands();
    List<Value> forwardedValues = condition.subList(1, condition.size());
    List<Operand> passed = new ArrayList<>();
    convertInvariants(loop.before());
    convertInvariants(loop.body());
    emission.order().enter(loop);
    emission.order().waits(true);
    List<Operand> exits =
        ptx.loop(
            params.types(),
            params.operands(loop.inits()),
            operands ->
                emission.scoped(
                    () -> {
                      params.define(operands);
                      emission.operations(loop.before());
                      passed.addAll(forwarded.operands(forwardedValues));
                      return new PtxBuilder.LoopHead(
                          emission.scalar(condition.getFirst()), results.operands(forwardedValues));
                    }),
            operands ->
                emission.scoped(
                    () -> {
                      forwarded.define(passed);
                      emission.operations(loop.body());
                      return params.operands(loop.body().terminator().operands());
                    }));
    emission.order().waits(false);
    results.define(exits);
  }
}
