package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Lowers loops and branches: scalars are carried by the statement, tiles in buffers. */
final class ControlLowering {
  private final KernelLowering kernel;
  private final Region region;
  private final CarriedTiles carried;

  ControlLowering(KernelLowering kernel, Region region, CarriedTiles carried) {
    this.kernel = kernel;
    this.region = region;
    this.carried = carried;
  }

  void lower(ControlOp op) {
    switch (op) {
      case ControlOp.For loop -> lower(loop);
      case ControlOp.While loop -> lower(loop);
      case ControlOp.If branch -> lower(branch);
      case ControlOp.Yield end -> throw new IllegalStateException("misplaced yield");
      case ControlOp.Condition end -> throw new IllegalStateException("misplaced condition");
      case ControlOp.Return end -> {}
    }
  }

  private static boolean isTile(Value value) {
    return value.type().isTile();
  }

  private static List<Value> scalars(List<Value> values) {
    return values.stream().filter(v -> !isTile(v)).toList();
  }

  private static int[] tiles(List<Value> values) {
    return IntStream.range(0, values.size()).filter(i -> isTile(values.get(i))).toArray();
  }

  private void lower(ControlOp.For loop) {
    List<Value> yields = loop.body().terminator().operands();
    var body = new Region(Optional.of(region), true);
    kernel.enter(loop.body(), body);
    int[] buffers = enter(loop, loop.inits(), loop.carried(), body);
    for (int i : tiles(yields)) {
      carried.prefer(
          yields.get(i), new CarriedTiles.Slot(buffers[i], Optional.of(loop.carried().get(i))));
    }
    kernel.scalars().define(loop.induction(), body, 0);
    finish(loop.body(), body, yields, buffers);
    int end =
        region.append(
            new Region.Fixed(
                new LoopStmt.For(
                    loop.loc(),
                    loop.induction(),
                    loop.unsigned(),
                    loop.lower(),
                    loop.upper(),
                    loop.step(),
                    scalars(loop.inits()),
                    scalars(loop.carried()),
                    body.finish(),
                    scalars(yields),
                    scalars(loop.results())),
                body.accesses()));
    define(loop.results(), buffers, region, end + 1);
  }

  /** Fills the buffers of carried tiles, and makes carried values known in the body. */
  private int[] enter(ControlOp loop, List<Value> inits, List<Value> params, Region body) {
    int[] buffers = new int[inits.size()];
    Set<Integer> taken = new HashSet<>();
    for (int i : tiles(inits)) {
      buffers[i] = carried.start(loop.loc(), region, inits.get(i), loop, taken);
    }
    define(params, buffers, body, 0);
    return buffers;
  }

  private void define(List<Value> values, int[] buffers, Region where, int index) {
    for (int i = 0; i < values.size(); i++) {
      if (isTile(values.get(i))) {
        kernel.locate(values.get(i), buffers[i], where, index);
      } else {
        kernel.scalars().define(values.get(i), where, index);
      }
    }
  }

  /** Lowers a block and writes the tiles that it yields. */
  private void finish(Block block, Region inner, List<Value> yields, int[] buffers) {
    new BlockLowering(kernel, inner, carried).lower(block);
    List<CarriedTiles.Write> writes = new ArrayList<>();
    for (int i : tiles(yields)) {
      writes.add(new CarriedTiles.Write(yields.get(i), buffers[i]));
    }
    Location loc = block.terminator().loc();
    kernel
        .scalars()
        .within(
            inner,
            () -> {
              carried.write(loc, inner, writes);
              return null;
            });
  }

  private void lower(ControlOp.While loop) {
    var condition = (ControlOp.Condition) loop.before().terminator();
    List<Value> yields = loop.body().terminator().operands();
    var before = new Region(Optional.of(region), true);
    var body = new Region(Optional.of(region), true);
    kernel.enter(loop.before(), before);
    kernel.enter(loop.body(), body);
    int[] buffers = enter(loop, loop.inits(), loop.before().params(), before);
    int[] forwarded = new int[condition.forwarded().size()];
    Set<Integer> shared = new HashSet<>();
    for (int i : tiles(condition.forwarded())) {
      forwarded[i] = forwardedBuffer(condition, i, loop, buffers, shared);
    }
    finish(loop.before(), before, condition.forwarded(), forwarded);
    define(loop.body().params(), forwarded, body, 0);
    finish(loop.body(), body, yields, buffers);
    List<Access> accesses = new ArrayList<>(before.accesses());
    accesses.addAll(body.accesses());
    int end =
        region.append(
            new Region.Fixed(
                new LoopStmt.While(
                    loop.loc(),
                    scalars(loop.inits()),
                    scalars(loop.before().params()),
                    before.finish(),
                    condition.condition(),
                    scalars(condition.forwarded()),
                    scalars(loop.body().params()),
                    body.finish(),
                    scalars(yields),
                    scalars(loop.results())),
                accesses));
    define(loop.results(), forwarded, region, end + 1);
  }

  /** A carried tile that is forwarded as it is stays where it is. */
  private int forwardedBuffer(
      ControlOp.Condition condition,
      int i,
      ControlOp.While loop,
      int[] buffers,
      Set<Integer> shared) {
    Value tile = condition.forwarded().get(i);
    int param = loop.before().params().indexOf(tile);
    if (param >= 0 && shared.add(buffers[param])) {
      return buffers[param];
    }
    return kernel.scratch().allocate(tile.dtype(), tile.shape(), condition.loc());
  }

  private void lower(ControlOp.If branch) {
    List<Value> thenYields = branch.thenBlock().terminator().operands();
    List<Value> elseYields = branch.elseBlock().terminator().operands();
    int[] buffers = new int[branch.results().size()];
    for (int i : tiles(branch.results())) {
      Value result = branch.results().get(i);
      Optional<CarriedTiles.Slot> slot = carried.preferred(result, branch);
      buffers[i] =
          slot.map(CarriedTiles.Slot::buffer)
              .orElseGet(
                  () -> kernel.scratch().allocate(result.dtype(), result.shape(), branch.loc()));
      slot.ifPresent(s -> carried.prefer(thenYields.get(i), s));
      slot.ifPresent(s -> carried.prefer(elseYields.get(i), s));
    }
    var thenRegion = new Region(Optional.of(region), false);
    var elseRegion = new Region(Optional.of(region), false);
    kernel.enter(branch.thenBlock(), thenRegion);
    kernel.enter(branch.elseBlock(), elseRegion);
    finish(branch.thenBlock(), thenRegion, thenYields, buffers);
    finish(branch.elseBlock(), elseRegion, elseYields, buffers);
    List<Access> accesses = new ArrayList<>(thenRegion.accesses());
    accesses.addAll(elseRegion.accesses());
    int end =
        region.append(
            new Region.Fixed(
                new LoopStmt.If(
                    branch.loc(),
                    branch.condition(),
                    thenRegion.finish(),
                    scalars(thenYields),
                    elseRegion.finish(),
                    scalars(elseYields),
                    scalars(branch.results())),
                accesses));
    define(branch.results(), buffers, region, end + 1);
  }
}
