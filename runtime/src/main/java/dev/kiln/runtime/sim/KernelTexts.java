package dev.kiln.runtime.sim;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The files that a kernel was compiled from: a part of the {@link SimReport} of its launches. They
 * are looked for when asked for, which compiles a kernel whose PTX came from the cache.
 */
public final class KernelTexts {
  private final Supplier<CompiledKernel> kernel;

  KernelTexts(Supplier<CompiledKernel> kernel) {
    this.kernel = kernel;
  }

  /**
   * The text of each file of which a line is in the kernel, by the name that {@code .file} has for
   * it in the PTX.
   */
  public Map<String, String> byName() {
    Map<String, String> texts = new TreeMap<>();
    CompiledKernel compiled = kernel.get();
    add(compiled.tir(), texts);
    add(compiled.optimized(), texts);
    return texts;
  }

  private static void add(TileFunction function, Map<String, String> texts) {
    add(function.loc(), texts);
    add(function.body(), texts);
  }

  private static void add(Block block, Map<String, String> texts) {
    for (Op op : block.ops()) {
      add(op.loc(), texts);
      op.blocks().forEach(inner -> add(inner, texts));
    }
  }

  private static void add(Location location, Map<String, String> texts) {
    if (location.isKnown()) {
      Source source = location.source();
      texts.put(source.name().replace('\\', '/').replace('"', '\''), source.text());
    }
  }
}
