package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.cache.CachedTuning;
import dev.kiln.runtime.cache.CompileCache;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The configurations that were found to be the fastest, kept in the compile cache. Each is looked
 * up on disk once in a process. Thread-safe.
 */
public final class TuningRecords {
  private final Supplier<CompileCache> cache;
  private final Map<CachedTuning.Key, Optional<TritonConfig>> known = new ConcurrentHashMap<>();

  public TuningRecords(CompileCache cache) {
    this(() -> cache);
  }

  private TuningRecords(Supplier<CompileCache> cache) {
    this.cache = cache;
  }

  /** Those in the cache of this process. */
  static TuningRecords shared() {
    return new TuningRecords(CompileCache::shared);
  }

  /**
   * What was kept, if it is still one of the kernel's configurations.
   *
   * @return empty if nothing was, or the cache is off
   */
  public Optional<TritonConfig> find(TuningKey key, List<TritonConfig> configs) {
    return key(key).flatMap(k -> known.computeIfAbsent(k, this::read)).filter(configs::contains);
  }

  /** Keeps the choice for this process and, where the cache can be written to, later ones. */
  public void keep(TuningKey key, TritonConfig config) {
    key(key)
        .ifPresent(
            k -> {
              known.put(k, Optional.of(config));
              CachedTuning.write(cache.get(), k, config);
            });
  }

  private Optional<TritonConfig> read(CachedTuning.Key key) {
    return CachedTuning.read(cache.get(), key);
  }

  private static Optional<CachedTuning.Key> key(TuningKey key) {
    return CachedTuning.Key.of(key.kernel(), key.device(), key.values(), key.dtypes());
  }
}
