package dev.kiln.runtime.sim;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.ResourceException;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.program.Program;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules that the driver checks before a launch (CUDA programming guide, "Technical
 * Specifications per Compute Capability").
 */
final class LaunchRules {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_THREADS_Z = 64;
  private static final long MOST_STATIC_SHARED = 48 << 10;
  private static final long MOST_LOCAL = 512 << 10;
  private static final int MOST_CLUSTER = 16;
  private static final int FIRST_TARGET_WITH_CLUSTERS = 90;

  /** Most shared memory of a block, opted in, in KiB by compute capability. */
  private static final Map<Integer, Integer> SHARED_KIB =
      Map.ofEntries(
          Map.entry(70, 96),
          Map.entry(75, 64),
          Map.entry(80, 163),
          Map.entry(86, 99),
          Map.entry(87, 163),
          Map.entry(89, 99),
          Map.entry(90, 227),
          Map.entry(100, 227),
          Map.entry(103, 227),
          Map.entry(120, 99),
          Map.entry(121, 99));

  private static final int OTHER_SHARED_KIB = 227;

  private final Program program;
  private final int capability;

  /**
   * @param capability 80 for sm_80
   */
  LaunchRules(Program program, int capability) {
    this.program = program;
    this.capability = capability;
  }

  /**
   * Checks a launch.
   *
   * @throws LaunchException if a rule is broken
   */
  LaunchShape check(SimLaunch launch) {
    Grid grid = launch.grid();
    Grid block = launch.block();
    checkPositive("grid", grid);
    checkPositive("block", block);
    checkBlock(block);
    checkShared(launch.dynamicShared());
    checkLocal();
    Optional<Grid> wanted = requiredCluster();
    Grid cluster = launch.cluster().or(() -> wanted).orElse(Grid.of(1));
    checkCluster(grid, cluster, wanted);
    boolean explicit = launch.cluster().isPresent() || wanted.isPresent();
    return new LaunchShape(
        grid.x(),
        grid.y(),
        grid.z(),
        block.x(),
        block.y(),
        block.z(),
        cluster.x(),
        cluster.y(),
        cluster.z(),
        explicit,
        launch.dynamicShared());
  }

  private void checkPositive(String what, Grid extents) {
    if (extents.x() == 0 || extents.y() == 0 || extents.z() == 0) {
      throw refused("the " + what + " " + extents + " has an extent of 0");
    }
  }

  private void checkBlock(Grid block) {
    long threads = (long) block.x() * block.y() * block.z();
    if (threads > MOST_THREADS || block.z() > MOST_THREADS_Z) {
      throw tooMuch(
          "a block of %s threads; at most 1024 in all and 64 along z are possible"
              .formatted(block));
    }
    Optional<Grid> required = extents("reqntid");
    if (required.isPresent() && !required.get().equals(block)) {
      throw refused(
          "a block of %s threads, but .reqntid asks for %s".formatted(block, required.get()));
    }
    Optional<Grid> most = extents("maxntid");
    if (most.isPresent() && threads > (long) most.get().x() * most.get().y() * most.get().z()) {
      throw refused("a block of %s threads, but .maxntid allows %s".formatted(block, most.get()));
    }
  }

  private void checkShared(long dynamic) {
    if (dynamic < 0) {
      throw refused("a negative amount of dynamic shared memory: " + dynamic);
    }
    long fixed = program.staticShared() - program.guardBytes();
    if (fixed > MOST_STATIC_SHARED) {
      throw tooMuch(
          "%,d bytes of static shared memory; at most %,d are possible"
              .formatted(fixed, MOST_STATIC_SHARED));
    }
    long most = SHARED_KIB.getOrDefault(capability, OTHER_SHARED_KIB) * 1024L;
    if (fixed + dynamic > most) {
      throw tooMuch(
          "%,d bytes of static and %,d of dynamic shared memory; sm_%d has at most %,d for a block"
              .formatted(fixed, dynamic, capability, most));
    }
  }

  private void checkLocal() {
    long bytes = program.localBytes();
    if (bytes > MOST_LOCAL) {
      throw tooMuch(
          "%,d bytes of local memory for each thread; at most %,d are possible"
              .formatted(bytes, MOST_LOCAL));
    }
  }

  private void checkCluster(Grid grid, Grid cluster, Optional<Grid> wanted) {
    checkPositive("cluster", cluster);
    if (wanted.isPresent() && !wanted.get().equals(cluster)) {
      throw refused(
          "a cluster of %s blocks, but .reqnctapercluster asks for %s"
              .formatted(cluster, wanted.get()));
    }
    int size = cluster.size();
    if (size > 1 && capability < FIRST_TARGET_WITH_CLUSTERS) {
      throw refused("sm_%d has no clusters of blocks".formatted(capability));
    }
    List<Integer> rank = program.directives().getOrDefault("maxclusterrank", List.of());
    int most = rank.isEmpty() ? MOST_CLUSTER : Math.min(MOST_CLUSTER, rank.getFirst());
    if (size > most) {
      throw refused(
          "a cluster of %s is %d blocks; at most %d are possible".formatted(cluster, size, most));
    }
    if (grid.x() % cluster.x() != 0 || grid.y() % cluster.y() != 0 || grid.z() % cluster.z() != 0) {
      throw refused("a cluster of %s does not divide the grid %s".formatted(cluster, grid));
    }
  }

  private Optional<Grid> requiredCluster() {
    return extents("reqnctapercluster");
  }

  private Optional<Grid> extents(String directive) {
    List<Integer> numbers = program.directives().get(directive);
    if (numbers == null || numbers.isEmpty()) {
      return Optional.empty();
    }
    int y = numbers.size() > 1 ? numbers.get(1) : 1;
    int z = numbers.size() > 2 ? numbers.get(2) : 1;
    return Optional.of(Grid.of(numbers.getFirst(), y, z));
  }

  private ResourceException tooMuch(String message) {
    return new ResourceException(program.name(), message);
  }

  private LaunchException refused(String message) {
    return new LaunchException(program.name(), message);
  }
}
