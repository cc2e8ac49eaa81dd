package dev.kiln.runtime.cache;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Chosen configurations in the cache. The compiler's version is no part of their keys: another
 * compiler may make another choice, but each of a kernel's configurations is right.
 */
public final class CachedTuning {
  private static final int VERSION = 1;

  private CachedTuning() {}

  /**
   * Where a choice is kept.
   *
   * @param bytes the whole key, read-only
   */
  public record Key(String kernel, String device, ByteBuffer bytes) {
    /**
     * The key for a kernel, arguments and a device; empty if an argument has no stored form.
     *
     * @param dtypes empty for constants
     */
    public static Optional<Key> of(
        KernelFacts kernel, String device, List<Object> values, List<Optional<DType>> dtypes) {
      try {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(VERSION);
        out.writeUTF(device);
        out.writeUTF(kernel.name());
        out.write(kernel.closure());
        out.writeInt(values.size());
        for (Object value : values) {
          StoredValues.write(out, value);
        }
        for (Optional<DType> dtype : dtypes) {
          out.writeUTF(dtype.map(DType::name).orElse(""));
        }
        return Optional.of(
            new Key(
                kernel.name(), device, ByteBuffer.wrap(bytes.toByteArray()).asReadOnlyBuffer()));
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    private byte[] toArray() {
      var array = new byte[bytes.remaining()];
      bytes.duplicate().get(array);
      return array;
    }
  }

  /** What was kept. */
  public static Optional<TritonConfig> read(CompileCache cache, Key key) {
    return cache
        .read(Kind.TUNING, key.toArray())
        .flatMap(
            payload -> {
              try {
                return Optional.of(
                    ModuleFacts.config(new DataInputStream(new ByteArrayInputStream(payload))));
              } catch (IOException | IllegalArgumentException e) {
                return Optional.empty();
              }
            });
  }

  /** Keeps a choice. */
  public static void write(CompileCache cache, Key key, TritonConfig config) {
    try {
      var bytes = new ByteArrayOutputStream();
      ModuleFacts.write(new DataOutputStream(bytes), config);
      cache.write(
          new CacheEntry(
              Kind.TUNING, key.kernel(), key.device(), key.toArray(), bytes.toByteArray()));
    } catch (IOException e) {
      // A constant of the configuration has no stored form; the choice holds for this process.
    }
  }
}
