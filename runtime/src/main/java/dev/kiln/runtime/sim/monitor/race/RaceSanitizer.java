package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Cluster;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.race.BlockState.ClusterState;
import dev.kiln.runtime.sim.monitor.race.BlockState.Phase;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reports races. One object hears all blocks of a launch, which therefore has to run on one host
 * thread.
 */
public final class RaceSanitizer implements Monitor {
  private static final int CLUSTER = View.level(Scope.CLUSTER);

  private final SyncLocations locations = new SyncLocations();
  private final Accesses accesses;
  private final Map<Cluster, ClusterState> clusters = new IdentityHashMap<>();
  private final Attachment<Block, BlockState> blockStates = new Attachment<>(this::begin);
  private final Attachment<Warp, WarpState> warpStates = new Attachment<>(this::begin);
  private int blocks;
  private Warp lastWarp;
  private WarpState lastState;

  public RaceSanitizer(Findings findings) {
    this.accesses = new Accesses(new RaceReport(findings), locations);
  }

  private BlockState begin(Block block) {
    return new BlockState(blocks++, block, clusters);
  }

  private WarpState begin(Warp warp) {
    return new WarpState(state(warp.block), warp.index);
  }

  private BlockState state(Block block) {
    return block.attached(blockStates);
  }

  private WarpState state(Warp warp) {
    if (warp != lastWarp) {
      lastState = warp.attached(warpStates);
      lastWarp = warp;
    }
    return lastState;
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public void blockBegins(Block block) {
    state(block);
  }

  @Override
  public void blockEnds(Block block) {
    state(block).end();
    clusters.remove(block.cluster);
    lastWarp = null;
    lastState = null;
  }

  @Override
  public void accesses(Access access) {
    Space space = access.space;
    if (space != Space.GLOBAL && space != Space.SHARED && space != Space.SHARED_CLUSTER) {
      return;
    }
    WarpState warp = state(access.warp);
    if (access.operation != null) {
      Operation operation = warp.operations.get(access.operation.number());
      if (operation != null) {
        accesses.access(access, warp, operation);
      }
      return;
    }
    if (acquires(access) && !locations.isEmpty()) {
      // What was released there comes before this access too, not only before those after it.
      synchronise(access, warp, false);
    }
    accesses.access(access, warp, null);
    if (access.order != Order.WEAK) {
      synchronise(access, warp, access.writes);
    }
  }

  private static boolean acquires(Access access) {
    return access.order == Order.ACQUIRE || access.order == Order.ACQUIRE_RELEASE;
  }

  private void synchronise(Access access, WarpState warp, boolean releases) {
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      BlockState owner = Accesses.owner(access.space, access.addresses[lane], warp);
      long place = Accesses.place(access.space, access.addresses[lane]);
      if (owner != null && owner.mbarriers.containsKey(place)) {
        continue; // it has events of its own
      }
      if (access.reads && !locations.isEmpty()) {
        acquire(access, warp, lane, owner, place);
      }
      if (releases) {
        release(access, warp, lane, owner, place);
      }
    }
  }

  private void acquire(Access access, WarpState warp, int lane, BlockState owner, long place) {
    boolean acquires = acquires(access);
    View view = warp.view(lane);
    View after = view;
    for (int level = 0; level < View.SCOPES; level++) {
      View released = locations.read(owner, place, warp.block, level);
      if (released == View.NOTHING) {
        continue;
      }
      after = after.observing(level, released);
      if (acquires && level <= View.level(access.scope)) {
        after = after.join(released);
      }
    }
    if (after != view) {
      warp.set(1 << lane, after);
    }
  }

  private void release(Access access, WarpState warp, int lane, BlockState owner, long place) {
    boolean releases = access.order == Order.RELEASE || access.order == Order.ACQUIRE_RELEASE;
    View[] released = null;
    if (releases || warp.view(lane).isFenced()) {
      View shown = warp.shown(lane);
      released = new View[View.SCOPES];
      for (int level = 0; level < View.SCOPES; level++) {
        boolean all = releases && level <= View.level(access.scope);
        released[level] = all ? shown : shown.fenced(level);
      }
      accesses.page(owner, place).synchronises = true;
    }
    if (released != null || !locations.isEmpty()) {
      locations.write(owner, place, warp, lane, access.atomic, released);
    }
  }

  @Override
  public void warpSyncs(Warp warp, Step step, int lanes) {
    WarpState state = state(warp);
    Gathering gathering = new Gathering();
    state.gather(lanes, ~warp.present(), gathering);
    state.set(lanes | ~warp.present(), gathering.total());
  }

  @Override
  public void barrierArrives(Warp warp, Step step, int lanes, int id, boolean waits) {
    WarpState state = state(warp);
    Phase phase = state.block.barrier(id);
    state.gather(lanes, ~warp.present(), phase.gathering);
    phase.arrived |= 1 << warp.index;
    if (waits) {
      phase.waiting.add(new Phase.Waiting(state, lanes | ~warp.present()));
    }
  }

  @Override
  public void barrierCompletes(Block block, int id) {
    BlockState state = state(block);
    Phase phase = state.take(id);
    state.addExited(phase);
    View known = phase.gathering.total();
    phase.waiting.forEach(waiting -> waiting.warp().set(waiting.lanes(), known));
  }

  @Override
  public void clusterArrives(Warp warp, Step step, int lanes, Order order) {
    WarpState state = state(warp);
    Gathering arriving = state.block.cluster.arriving;
    if (order == Order.RELAXED) {
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        if (state.view(lane).isFenced()) {
          arriving.add(state.shown(lane).fenced(CLUSTER));
        }
      }
    } else {
      state.gather(lanes, ~warp.present(), arriving);
    }
  }

  @Override
  public void clusterCompletes(Block anyOfCluster) {
    ClusterState cluster = state(anyOfCluster).cluster;
    cluster.blocks.forEach(block -> block.addExited(block.exited, cluster.arriving));
    cluster.completed = cluster.arriving.total();
    cluster.arriving = new Gathering();
  }

  @Override
  public void clusterWaited(Warp warp, Step step, int lanes, Order order) {
    WarpState state = state(warp);
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      learn(state, Integer.numberOfTrailingZeros(rest), state.block.cluster.completed, order);
    }
  }

  private static void learn(WarpState warp, int lane, View news, Order order) {
    if (order == Order.RELAXED) {
      warp.set(1 << lane, warp.view(lane).observing(CLUSTER, news));
    } else {
      warp.learn(lane, news);
    }
  }

  @Override
  public void fences(Warp warp, Step step, int lanes, Order order, Scope scope) {
    WarpState state = state(warp);
    int event = state.publish();
    boolean acquires = order != Order.RELEASE;
    boolean releases = order != Order.ACQUIRE;
    for (int rest = lanes; rest != 0; ) {
      View view = state.view(Integer.numberOfTrailingZeros(rest));
      int same = state.sameView(rest, view);
      rest &= ~same;
      int all = same == warp.present() ? Warp.FULL : same;
      state.set(all, view.fence(View.level(scope), event, acquires, releases));
    }
  }

  @Override
  public void proxyFences(Warp warp, Step step, int lanes) {
    WarpState state = state(warp);
    int event = state.publish();
    for (int rest = lanes; rest != 0; ) {
      View view = state.view(Integer.numberOfTrailingZeros(rest));
      int same = state.sameView(rest, view);
      rest &= ~same;
      state.set(same == warp.present() ? Warp.FULL : same, view.proxyFence(event));
    }
  }

  @Override
  public void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
    WarpState state = state(warp);
    MbarrierState barrier = state(owner).mbarrier(address);
    switch (event) {
      case ARRIVES -> arrive(state, barrier, lanes, warp.access.order);
      case WAITED -> {
        for (int rest = lanes; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          learn(state, lane, barrier.completed(), warp.access.order);
        }
      }
      case PHASE_COMPLETES -> barrier.endPhase();
      case TRACKS_COPIES -> {
        int lane = Integer.numberOfTrailingZeros(lanes);
        barrier.tracked.add(new MbarrierState.Tracked(state, step, lane, copies(state, lane)));
      }
      case COMPLETES_ASYNC -> {
        if (lanes == 0) {
          copied(state, step, barrier);
        }
      }
      case INITIALISES, EXPECTS, INVALIDATES -> {}
    }
  }

  private static void arrive(WarpState warp, MbarrierState barrier, int lanes, Order order) {
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (order != Order.RELAXED) {
        barrier.arrive(warp, 1 << lane, warp.view(lane));
      } else if (warp.view(lane).isFenced()) {
        barrier.arrive(warp.shown(lane).fenced(CLUSTER));
      }
    }
  }

  private static List<Operation> copies(WarpState warp, int lane) {
    List<Operation> copies = new ArrayList<>();
    for (Operation operation : warp.operations.values()) {
      if (operation.agent == Access.Agent.COPY && operation.isOpen(lane)) {
        copies.add(operation);
      }
    }
    return copies;
  }

  /** The copies of a lane, perhaps, have arrived. */
  private static void copied(WarpState warp, Step step, MbarrierState barrier) {
    for (var waiting = barrier.tracked.iterator(); waiting.hasNext(); ) {
      MbarrierState.Tracked tracked = waiting.next();
      if (tracked.warp() == warp && tracked.step() == step) {
        waiting.remove();
        tracked.operations().forEach(copy -> copy.complete(barrier, tracked.lane()));
        warp.operations.values().removeIf(Operation::isComplete);
        return;
      }
    }
  }

  @Override
  public void exits(Warp warp, int lanes) {
    if (warp.present() == 0) {
      state(warp.block).exited |= 1 << warp.index;
    }
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    WarpState warp = state(operation.warp());
    warp.operations.put(
        operation.number(), new Operation(warp, operation.agent(), operation.lanes()));
  }

  @Override
  public void asyncSignals(AsyncOperation operation, Block owner, long address) {
    Operation known = state(operation.warp()).operations.get(operation.number());
    if (known != null) {
      known.complete(state(owner).mbarrier(address));
    }
  }

  @Override
  public void asyncEnds(AsyncOperation operation) {
    WarpState warp = state(operation.warp());
    Operation known = warp.operations.get(operation.number());
    if (known != null && known.isComplete()) {
      warp.operations.remove(operation.number());
    }
  }

  @Override
  public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    WarpState state = state(warp);
    Operation known = state.operations.get(operation.number());
    if (known != null && known.await(lanes)) {
      state.operations.remove(operation.number());
    }
  }

  @Override
  public void asyncSourceAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    Operation known = state(warp).operations.get(operation.number());
    if (known != null) {
      known.awaitSource();
    }
  }
}
