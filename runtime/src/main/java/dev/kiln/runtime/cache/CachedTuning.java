package dev.kiln.runtime.cache;

import dev.kiln.compiler.CompileOptions;
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
 * What is known of configurations, in the cache: an entry for each that was tried, so that a new
 * one is tried alone; and one for a choice that somebody made.
 *
 * <p>Times are of the code of one compiler, whose version is a part of their keys. It is no part of
 * those of choices: another compiler may make another choice, but each of a kernel's configurations
 * is right.
 */
public final class CachedTuning {
  private static final int VERSION = 2;
  private static final int CHOICE = 'c';
  private static final int OUTCOME = 'o';

  private CachedTuning() {}

  /**
   * What configurations are tried for.
   *
   * @param bytes the whole key, read-only
   */
  public record Key(String kernel, String device, ByteBuffer bytes) {
    /**
     * The key for a kernel, arguments and a device; empty if an argument has no stored form.
     *
     * @param dtypes empty for constants
     * @param options that hold whatever a configuration says
     */
    public static Optional<Key> of(
        KernelFacts kernel,
        String device,
        List<Object> values,
        List<Optional<DType>> dtypes,
        Optional<CompileOptions> options) {
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
        if (options.isPresent()) {
          StoredValues.write(out, options.get());
        }
        return Optional.of(
            new Key(
                kernel.name(), device, ByteBuffer.wrap(bytes.toByteArray()).asReadOnlyBuffer()));
      } catch (IOException e) {
        return Optional.empty();
      }
    }

    private byte[] choice() throws IOException {
      var bytes = new ByteArrayOutputStream();
      write(CHOICE, new DataOutputStream(bytes));
      return bytes.toByteArray();
    }

    private byte[] outcome(TritonConfig config) throws IOException {
      var bytes = new ByteArrayOutputStream();
      var out = new DataOutputStream(bytes);
      write(OUTCOME, out);
      out.write(CompilerVersion.bytes());
      ModuleFacts.write(out, config);
      return bytes.toByteArray();
    }

    private void write(int kind, DataOutputStream out) throws IOException {
      var array = new byte[bytes.remaining()];
      bytes.duplicate().get(array);
      out.write(kind);
      out.writeInt(array.length);
      out.write(array);
    }
  }

  /** The choice that was kept. */
  public static Optional<TritonConfig> choice(CompileCache cache, Key key) {
    try {
      Optional<byte[]> payload = cache.read(Kind.TUNING, key.choice());
      return payload.isEmpty() ? Optional.empty() : Optional.of(ModuleFacts.config(in(payload)));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Keeps a choice. */
  public static void keep(CompileCache cache, Key key, TritonConfig config) {
    try {
      var bytes = new ByteArrayOutputStream();
      ModuleFacts.write(new DataOutputStream(bytes), config);
      cache.write(
          new CacheEntry(
              Kind.TUNING, key.kernel(), key.device(), key.choice(), bytes.toByteArray()));
    } catch (IOException e) {
      // A constant of the configuration has no stored form; the choice holds for this process.
    }
  }

  /** What was found out about a configuration. */
  public static Optional<TuningOutcome> outcome(CompileCache cache, Key key, TritonConfig config) {
    try {
      Optional<byte[]> payload = cache.read(Kind.TUNING, key.outcome(config));
      if (payload.isEmpty()) {
        return Optional.empty();
      }
      DataInputStream in = in(payload);
      double nanos = in.readDouble();
      String failure = StoredValues.readText(in);
      return Optional.of(
          new TuningOutcome(
              nanos, failure.isEmpty() ? Optional.empty() : Optional.of(failure), in.readLong()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Keeps what was found out.
   *
   * @param label tells it to people
   */
  public static void keep(
      CompileCache cache, Key key, TritonConfig config, TuningOutcome outcome, String label) {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = new DataOutputStream(bytes);
      out.writeDouble(outcome.nanos());
      StoredValues.writeText(out, outcome.failure().orElse(""));
      out.writeLong(outcome.foundMillis());
      cache.write(
          new CacheEntry(
              Kind.TUNING, label, key.device(), key.outcome(config), bytes.toByteArray()));
    } catch (IOException e) {
      // As above.
    }
  }

  private static DataInputStream in(Optional<byte[]> payload) {
    return new DataInputStream(new ByteArrayInputStream(payload.orElseThrow()));
  }
}
