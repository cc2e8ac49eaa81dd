package dev.kiln.runtime;

import dev.kiln.compiler.analysis.MemoryEffects;
import dev.kiln.compiler.python.KernelDeclaration.Autotune;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.tune.ArgumentBackup;
import dev.kiln.runtime.tune.MemoryRange;
import dev.kiln.runtime.tune.Trial;
import dev.kiln.runtime.tune.Trials;
import dev.kiln.runtime.tune.UntriedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Tries configurations of a launch. Whatever a kernel may write to is copied before its first run:
 * the whole buffers of the arrays through which it stores, overlapping views included.
 */
final class LaunchTrials implements Trials {
  private final Launch launch;
  private final Device device;
  private final Optional<MirroredMemory> mirror;
  private final ArgumentBackup backup = new ArgumentBackup();
  private final Optional<Autotune> decorator;

  /** Trials on the launch's own device and arrays. */
  LaunchTrials(Launch launch) {
    this(launch, launch.device(), Optional.empty());
  }

  /** Trials on another device, on copies of the arrays. */
  LaunchTrials(Launch launch, Device other) {
    this(launch, other, Optional.of(new MirroredMemory(other, buffers(launch.leafArrays()))));
  }

  private LaunchTrials(Launch launch, Device device, Optional<MirroredMemory> mirror) {
    this.launch = launch;
    this.device = device;
    this.mirror = mirror;
    this.decorator = launch.kernel().declaration().autotune();
  }

  private static List<Buffer> buffers(List<NdArray> arrays) {
    return arrays.stream().filter(Objects::nonNull).map(NdArray::buffer).toList();
  }

  @Override
  public Trial of(TritonConfig config) {
    Launch copy =
        launch.with(config, device, array -> mirror.isPresent() ? mirror.get().of(array) : array);
    MemoryEffects effects = MemoryEffects.of(copy.compile().optimized());
    requireSafe(effects);
    copy.load();
    if (copy.currentGrid().size() == 0) {
      throw new UntriedException(launch.kernel().name(), "its grid is empty", false);
    }
    List<NdArray> leaves = copy.leafArrays();
    List<MemoryRange> read = new ArrayList<>();
    List<MemoryRange> written = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      NdArray array = leaves.get(i);
      if (array != null && effects.reads(i)) {
        read.add(MemoryRange.of(array.buffer()));
      }
      if (array != null && (effects.writes(i) || mayHookChange(config))) {
        written.add(MemoryRange.of(array.buffer()));
        backup.cover(array.buffer());
      }
    }
    List<NdArray> zeroed = named(copy, decorator.map(Autotune::resetToZero).orElse(List.of()));
    zeroed.forEach(array -> backup.cover(array.buffer()));
    return new OneTrial(config, copy, effects, read, zeroed, reachable(leaves));
  }

  private void requireSafe(MemoryEffects effects) {
    if (effects.writesAnywhere() || mirror.isPresent() && effects.readsAnywhere()) {
      throw new UntriedException(
          launch.kernel().name(),
          (effects.writesAnywhere() ? "it writes to" : "it reads from")
              + " addresses that no argument holds",
          true);
    }
  }

  private boolean mayHookChange(TritonConfig config) {
    return config.preHook().isPresent()
        || decorator.flatMap(Autotune::preHook).isPresent()
        || decorator.flatMap(Autotune::postHook).isPresent();
  }

  private static List<NdArray> named(Launch launch, List<String> names) {
    return names.stream()
        .map(name -> launch.memory(launch.index(name)))
        .filter(NdArray.class::isInstance)
        .map(NdArray.class::cast)
        .toList();
  }

  private static long reachable(List<NdArray> leaves) {
    List<MemoryRange> ranges = buffers(leaves).stream().map(MemoryRange::of).toList();
    return MemoryRange.merged(ranges).stream().mapToLong(MemoryRange::size).sum();
  }

  /** Waits for runs that are under way, whatever they say, so that none writes afterwards. */
  @Override
  public void close() {
    try (backup) {
      restore();
    } finally {
      mirror.ifPresent(MirroredMemory::close);
    }
  }

  private void restore() {
    try {
      device.synchronize();
    } finally {
      backup.restore(range -> true);
      device.synchronize();
    }
  }

  /** One configuration. */
  private final class OneTrial implements Trial {
    private final TritonConfig config;
    private final Launch copy;
    private final boolean runsInParts;
    private final List<MemoryRange> read;
    private final List<NdArray> zeroed;
    private final long reachableBytes;

    OneTrial(
        TritonConfig config,
        Launch copy,
        MemoryEffects effects,
        List<MemoryRange> read,
        List<NdArray> zeroed,
        long reachableBytes) {
      this.config = config;
      this.copy = copy;
      this.runsInParts = !effects.countsPrograms();
      this.read = read;
      this.zeroed = zeroed;
      this.reachableBytes = reachableBytes;
    }

    @Override
    public TritonConfig configuration() {
      return config;
    }

    @Override
    public Device device() {
      return device;
    }

    @Override
    public OptionalLong warmup() {
      return millis(decorator.flatMap(Autotune::warmup));
    }

    @Override
    public OptionalLong repetitions() {
      return millis(decorator.flatMap(Autotune::rep));
    }

    private static OptionalLong millis(Optional<Long> said) {
      return said.isPresent() ? OptionalLong.of(said.get()) : OptionalLong.empty();
    }

    /**
     * What is only written may stay: the run writes it again. As in Triton, a hook of the decorator
     * takes the place of {@code reset_to_zero}.
     */
    @Override
    public void before() {
      boolean hooked = mayHookChange(config);
      backup.restore(range -> hooked || read.stream().anyMatch(range::overlaps));
      Optional<PyCallable> hook = decorator.flatMap(Autotune::preHook);
      if (hook.isPresent()) {
        call("the pre_hook of its autotune", hook.get(), Map.of());
      } else {
        zeroed.forEach(array -> new ArrayObject(array, true).fill(0));
      }
    }

    @Override
    public void run() {
      copy.launch();
    }

    @Override
    public void after() {
      decorator
          .flatMap(Autotune::postHook)
          .ifPresent(
              hook ->
                  call("the post_hook of its autotune", hook, Map.of("exception", PyNone.NONE)));
    }

    private void call(String what, PyCallable hook, Map<String, Object> named) {
      HostFunctions functions = copy.hostFunctions();
      functions.call(
          what, hook, List.of(functions.arguments(HostFunctions.Which.ALL, true)), named);
    }

    @Override
    public Grid grid() {
      return copy.currentGrid();
    }

    @Override
    public boolean runsInParts() {
      return runsInParts;
    }

    @Override
    public void run(Grid part) {
      copy.launch(part.x(), part.y(), part.z());
    }

    @Override
    public long reachableBytes() {
      return reachableBytes;
    }
  }
}
