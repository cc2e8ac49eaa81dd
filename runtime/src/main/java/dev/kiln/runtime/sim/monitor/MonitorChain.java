package dev.kiln.runtime.sim.monitor;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Region;
import java.util.List;
import java.util.Objects;

/** Several monitors that hear the same events, each in turn. */
public final class MonitorChain implements Monitor {
  private final Monitor[] monitors;
  private final Monitor[] hearIssues;
  private final Monitor[] hearAccesses;

  private MonitorChain(List<Monitor> monitors) {
    this.monitors = monitors.toArray(Monitor[]::new);
    this.hearIssues = monitors.stream().filter(Monitor::hearsIssues).toArray(Monitor[]::new);
    this.hearAccesses = monitors.stream().filter(Monitor::hearsAccesses).toArray(Monitor[]::new);
  }

  /** One monitor that stands for all but {@code null}; {@code null} if there is none. */
  public static Monitor of(List<Monitor> all) {
    List<Monitor> monitors = all.stream().filter(Objects::nonNull).toList();
    return switch (monitors.size()) {
      case 0 -> null;
      case 1 -> monitors.getFirst();
      default -> new MonitorChain(monitors);
    };
  }

  @Override
  public boolean hearsIssues() {
    return hearIssues.length > 0;
  }

  @Override
  public boolean hearsAccesses() {
    return hearAccesses.length > 0;
  }

  @Override
  public void blockBegins(Block block) {
    for (Monitor monitor : monitors) {
      monitor.blockBegins(block);
    }
  }

  @Override
  public void blockEnds(Block block) {
    for (Monitor monitor : monitors) {
      monitor.blockEnds(block);
    }
  }

  @Override
  public void issues(Warp warp, Step step, int path, int active) {
    for (Monitor monitor : hearIssues) {
      monitor.issues(warp, step, path, active);
    }
  }

  @Override
  public void diverges(Warp warp, Step step, int active, int taken) {
    for (Monitor monitor : monitors) {
      monitor.diverges(warp, step, active, taken);
    }
  }

  @Override
  public void accesses(Access access) {
    for (Monitor monitor : hearAccesses) {
      monitor.accesses(access);
    }
  }

  @Override
  public void readsUnwritten(Access access, int lanes, Region region) {
    for (Monitor monitor : monitors) {
      monitor.readsUnwritten(access, lanes, region);
    }
  }

  @Override
  public void shufflesFromAbsent(Warp warp, Step step, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.shufflesFromAbsent(warp, step, lanes);
    }
  }

  @Override
  public void warpSyncs(Warp warp, Step step, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.warpSyncs(warp, step, lanes);
    }
  }

  @Override
  public void barrierArrives(Warp warp, Step step, int lanes, int id, boolean waits) {
    for (Monitor monitor : monitors) {
      monitor.barrierArrives(warp, step, lanes, id, waits);
    }
  }

  @Override
  public void barrierCompletes(Block block, int id) {
    for (Monitor monitor : monitors) {
      monitor.barrierCompletes(block, id);
    }
  }

  @Override
  public void clusterArrives(Warp warp, Step step, int lanes, Access.Order order) {
    for (Monitor monitor : monitors) {
      monitor.clusterArrives(warp, step, lanes, order);
    }
  }

  @Override
  public void clusterCompletes(Block anyOfCluster) {
    for (Monitor monitor : monitors) {
      monitor.clusterCompletes(anyOfCluster);
    }
  }

  @Override
  public void clusterWaited(Warp warp, Step step, int lanes, Access.Order order) {
    for (Monitor monitor : monitors) {
      monitor.clusterWaited(warp, step, lanes, order);
    }
  }

  @Override
  public void fences(Warp warp, Step step, int lanes, Access.Order order, Access.Scope scope) {
    for (Monitor monitor : monitors) {
      monitor.fences(warp, step, lanes, order, scope);
    }
  }

  @Override
  public void proxyFences(Warp warp, Step step, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.proxyFences(warp, step, lanes);
    }
  }

  @Override
  public void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
    for (Monitor monitor : monitors) {
      monitor.mbarrier(warp, step, lanes, owner, address, event);
    }
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    for (Monitor monitor : monitors) {
      monitor.asyncBegins(operation);
    }
  }

  @Override
  public void asyncCommits(Warp warp, Step step, int lanes, Access.Agent agent) {
    for (Monitor monitor : monitors) {
      monitor.asyncCommits(warp, step, lanes, agent);
    }
  }

  @Override
  public void asyncSignals(AsyncOperation operation, Block owner, long address) {
    for (Monitor monitor : monitors) {
      monitor.asyncSignals(operation, owner, address);
    }
  }

  @Override
  public void asyncWaits(Warp warp, Step step, int lanes, Access.Agent agent, int left) {
    for (Monitor monitor : monitors) {
      monitor.asyncWaits(warp, step, lanes, agent, left);
    }
  }

  @Override
  public void asyncEnds(AsyncOperation operation) {
    for (Monitor monitor : monitors) {
      monitor.asyncEnds(operation);
    }
  }

  @Override
  public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.asyncAwaited(operation, warp, step, lanes);
    }
  }

  @Override
  public void asyncSourceAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.asyncSourceAwaited(operation, warp, step, lanes);
    }
  }

  @Override
  public void setsRegisters(Warp warp, Step step) {
    for (Monitor monitor : monitors) {
      monitor.setsRegisters(warp, step);
    }
  }

  @Override
  public void exits(Warp warp, int lanes) {
    for (Monitor monitor : monitors) {
      monitor.exits(warp, lanes);
    }
  }
}
