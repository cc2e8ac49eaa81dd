package dev.kiln.runtime.cache;

import dev.kiln.compiler.Specialization;
import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The place in the cache of what one device makes of one kernel for one specialisation. */
public final class CachedKernel {
  private final CompileCache cache;
  private final Kind kind;
  private final KernelFacts kernel;
  private final Specialization specialization;
  private final String device;
  private final boolean knowsLines;
  private final BooleanSupplier mayBeKept;

  /**
   * @param device the device, and all of its options on which the payload depends
   * @param knowsLines whether the payload tells lines of the source, as PTX does
   * @param mayBeKept asked when a payload is to be kept
   */
  public CachedKernel(
      CompileCache cache,
      KernelFacts kernel,
      Specialization specialization,
      String device,
      boolean knowsLines,
      BooleanSupplier mayBeKept) {
    this(cache, Kind.KERNEL, kernel, specialization, device, knowsLines, mayBeKept);
  }

  private CachedKernel(
      CompileCache cache,
      Kind kind,
      KernelFacts kernel,
      Specialization specialization,
      String device,
      boolean knowsLines,
      BooleanSupplier mayBeKept) {
    this.cache = cache;
    this.kind = kind;
    this.kernel = kernel;
    this.specialization = specialization;
    this.device = device;
    this.knowsLines = knowsLines;
    this.mayBeKept = mayBeKept;
  }

  /** The place of what the kernel's first launches in a process run on. */
  public CachedKernel starter() {
    return new CachedKernel(
        cache, Kind.STARTER, kernel, specialization, device, knowsLines, mayBeKept);
  }

  /** What was kept, by whichever process. */
  public Optional<byte[]> find() {
    if (!cache.isOn()) {
      return Optional.empty();
    }
    try {
      return cache.read(kind, key());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether {@link #keep} does anything. */
  public boolean mayKeep() {
    return cache.isOn() && mayBeKept.getAsBoolean();
  }

  /** Keeps a payload, if the cache is on and the specialisation can be told from others. */
  public void keep(byte[] payload) {
    if (!mayKeep()) {
      return;
    }
    try {
      cache.write(new CacheEntry(kind, kernel.name(), device, key(), payload));
    } catch (IOException e) {
      // A constant that has no stored form: such a kernel is compiled in each process.
    }
  }

  /**
   * Assertions tell their lines, so where they are checked the lines belong to the key, whatever
   * else the payload tells.
   */
  private byte[] key() throws IOException {
    var bytes = new ByteArrayOutputStream(512);
    var out = new DataOutputStream(bytes);
    out.write(CompilerVersion.bytes());
    out.writeUTF(device);
    out.writeUTF(kernel.name());
    out.write(kernel.closure());
    if (knowsLines || specialization.options().debug()) {
      out.write(kernel.positions());
    }
    StoredValues.write(out, specialization);
    return bytes.toByteArray();
  }
}
