package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.cache.CachedTuning;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.profile.Nanos;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is known of configurations, for this process and in the compile cache: the time of each that
 * was tried, and choices that somebody made. Each is looked up on disk once in a process.
 * Thread-safe; any number of processes may use one cache.
 */
public final class TuningRecords {
  private static final class Shared {
    static final TuningRecords RECORDS = new TuningRecords(null);
  }

  private final CompileCache cache;
  private final Map<Object, Known> known = new ConcurrentHashMap<>();

  /** What is known for a key; its own lock. */
  private static final class Known {
    Optional<TritonConfig> choice;
    final Map<TritonConfig, Optional<TuningOutcome>> outcomes = new ConcurrentHashMap<>();
  }

  /**
   * @param cache where they are kept; null for the one of this process
   */
  public TuningRecords(CompileCache cache) {
    this.cache = cache;
  }

  private CompileCache cache() {
    return cache == null ? CompileCache.shared() : cache;
  }

  /** Those of this process and its cache. */
  public static TuningRecords shared() {
    return Shared.RECORDS;
  }

  /**
   * The choice that was {@link #keep kept}, else the fastest of the configurations that were tried.
   * Of those whose times differ by no more than measurements do, it is the first, so that the
   * choice is the same again tomorrow.
   *
   * @return empty if nothing is known of any of them, or none works
   */
  public Optional<TritonConfig> find(TuningKey key, List<TritonConfig> configs) {
    return find(key, configs, TrialTimer.AS_FAST);
  }

  /**
   * The same.
   *
   * @param asFast a time that is no more than so many times the least is as good
   */
  Optional<TritonConfig> find(TuningKey key, List<TritonConfig> configs, double asFast) {
    Optional<TritonConfig> choice = choice(key).filter(configs::contains);
    return choice.isPresent() ? choice : fastest(key, configs, asFast);
  }

  private Optional<TritonConfig> fastest(TuningKey key, List<TritonConfig> configs, double asFast) {
    double[] nanos = new double[configs.size()];
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] =
          outcome(key, configs.get(i))
              .filter(TuningOutcome::works)
              .map(TuningOutcome::nanos)
              .orElse(Double.POSITIVE_INFINITY);
      least = Math.min(least, nanos[i]);
    }
    for (int i = 0; i < nanos.length; i++) {
      if (nanos[i] < Double.POSITIVE_INFINITY && nanos[i] <= least * asFast) {
        return Optional.of(configs.get(i));
      }
    }
    return Optional.empty();
  }

  /** The choice that was kept. */
  Optional<TritonConfig> choice(TuningKey key) {
    Known at = at(key);
    synchronized (at) {
      if (at.choice == null) {
        at.choice = stored(key).flatMap(k -> CachedTuning.choice(cache(), k));
      }
      return at.choice;
    }
  }

  /** Keeps a choice, whatever times say, for this process and where possible for later ones. */
  public void keep(TuningKey key, TritonConfig config) {
    Known at = at(key);
    synchronized (at) {
      at.choice = Optional.of(config);
    }
    stored(key).ifPresent(k -> CachedTuning.keep(cache(), k, config));
  }

  /** What was found out about a configuration. */
  public Optional<TuningOutcome> outcome(TuningKey key, TritonConfig config) {
    return at(key)
        .outcomes
        .computeIfAbsent(
            config, c -> stored(key).flatMap(k -> CachedTuning.outcome(cache(), k, c)));
  }

  /** Keeps what was found out, for this process and where possible for later ones. */
  public void keep(TuningKey key, TritonConfig config, TuningOutcome outcome) {
    at(key).outcomes.put(config, Optional.of(outcome));
    String label =
        "%s %s: %s"
            .formatted(
                key.kernel().name(),
                config,
                outcome.works() ? Nanos.text(outcome.nanos()) : "does not work");
    stored(key).ifPresent(k -> CachedTuning.keep(cache(), k, config, outcome, label));
  }

  /** What threads that want to find out something for a key hold meanwhile. */
  Object lock(TuningKey key) {
    return at(key).outcomes;
  }

  private Known at(TuningKey key) {
    Object name = stored(key).<Object>map(k -> k).orElse(key);
    return known.computeIfAbsent(name, n -> new Known());
  }

  private static Optional<CachedTuning.Key> stored(TuningKey key) {
    return CachedTuning.Key.of(
        key.kernel(), key.device(), key.values(), key.dtypes(), key.options());
  }
}
