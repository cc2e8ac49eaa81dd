package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.python.KernelDeclarations;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cache.KernelFacts;
import dev.kiln.runtime.cache.ModuleFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A kernel file: its kernels, and the helpers they call there and in the files that it imports.
 * Thread-safe.
 */
public final class KernelModule {
  private final ModuleSource source;
  private final Map<String, Kernel> kernels = new LinkedHashMap<>();
  private ModuleFacts facts;
  private Parsed parsed;
  private Consumer<Diagnostic> warnings = warning -> System.err.println(warning.render());
  private Consumer<String> output = System.out::println;
  private volatile boolean versioned;

  /** What parsing gives, for those who need more than the facts. */
  private record Parsed(ModuleSource.Syntax syntax, KernelDeclarations declarations) {}

  private KernelModule(ModuleSource source) {
    this.source = source;
    CompileCache cache = CompileCache.shared();
    facts =
        ModuleFacts.find(cache, source.place(), source.mark(), source::isUnchanged).orElse(null);
    if (facts == null) {
      parsed();
      facts.keep(cache, source.place(), source.mark());
    }
  }

  /** Parses the file, if that has not been done. What it says of the kernels holds from then on. */
  private synchronized Parsed parsed() {
    if (parsed == null) {
      ModuleSource.Syntax syntax = source.parse();
      parsed = new Parsed(syntax, KernelDeclarations.of(syntax.file(), syntax.imports()));
      facts = FactsReader.read(syntax, parsed.declarations());
    }
    return parsed;
  }

  /**
   * A module from text, which can import no other files.
   *
   * @param name the name under which messages speak of it
   * @throws CompilationException if a kernel in it is not well formed
   */
  public static KernelModule of(String name, String text) {
    return new KernelModule(new ModuleSource.Text(name, text));
  }

  /**
   * A module from a file; imports are looked for beside it and in the folders above.
   *
   * @throws CompilationException if a kernel in it is not well formed
   * @throws KilnException if it cannot be read
   */
  public static KernelModule load(Path path) {
    if (Files.isDirectory(path)) {
      throw new KilnException(path + " is a folder, not a kernel file");
    }
    try {
      return new KernelModule(ModuleSource.OnDisk.read(path));
    } catch (NoSuchFileException e) {
      throw new KilnException("no such file: " + path);
    } catch (IOException e) {
      throw new KilnException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * A module from the jar of a class, or from the class path; imports are looked for likewise.
   *
   * @param anchor a class in the resource's package, or for an absolute name in any
   * @param name the resource's name in that package; with a {@code /} in front its whole path
   * @throws CompilationException if a kernel in it is not well formed
   * @throws KilnException if there is no such resource
   */
  public static KernelModule resource(Class<?> anchor, String name) {
    String path =
        name.startsWith("/")
            ? name.substring(1)
            : anchor.getPackageName().replace('.', '/').concat("/").concat(name);
    return new KernelModule(ModuleSource.Resource.find(anchor, path));
  }

  /**
   * A module from the class path, by the resource's whole path, for example {@code
   * "dev/kiln/kernels/matmul.py"}; imports are looked for there too.
   *
   * @throws CompilationException if a kernel in it is not well formed
   * @throws KilnException if there is no such resource
   */
  public static KernelModule resource(ClassLoader loader, String path) {
    return new KernelModule(ModuleSource.Resource.find(loader, path));
  }

  /** The name under which messages speak of the file. */
  public String name() {
    return source.name();
  }

  /** The file's syntax, read when first asked for. */
  public KernelFile file() {
    return parsed().syntax().file();
  }

  /** What the file declares, read when first asked for. */
  public KernelDeclarations declarations() {
    return parsed().declarations();
  }

  /** The names of the {@code jit} functions, helpers included, in the order of the file. */
  public synchronized List<String> functionNames() {
    return facts.kernels().stream().map(KernelFacts::name).toList();
  }

  /**
   * A {@code jit} function to launch.
   *
   * @throws KilnException if there is none of that name
   */
  public synchronized Kernel kernel(String name) {
    Kernel known = kernels.get(name);
    if (known == null) {
      if (facts(name) == null) {
        throw new KilnException(
            functionNames().isEmpty()
                ? name() + " holds no @triton.jit function"
                : "%s has no kernel '%s'; it has %s"
                    .formatted(name(), name, String.join(", ", functionNames())));
      }
      known = new Kernel(this, name);
      kernels.put(name, known);
    }
    return known;
  }

  /** What is known of a kernel; null if there is none of that name. */
  synchronized KernelFacts facts(String name) {
    for (KernelFacts kernel : facts.kernels()) {
      if (kernel.name().equals(name)) {
        return kernel;
      }
    }
    return null;
  }

  /** Where warnings of compilations go; by default to standard error. */
  public KernelModule warningsTo(Consumer<Diagnostic> consumer) {
    warnings = consumer;
    return this;
  }

  /** Where {@code tl.static_print} goes; by default to standard output. */
  public KernelModule outputTo(Consumer<String> consumer) {
    output = consumer;
    return this;
  }

  /** What {@link Launch#versioned} is for launches made from now on; false by default. */
  public KernelModule versioned(boolean enabled) {
    versioned = enabled;
    return this;
  }

  boolean isVersioned() {
    return versioned;
  }

  /** Finds the files that the file imports. */
  public ImportResolver imports() {
    return parsed().syntax().imports();
  }

  void warn(Diagnostic warning) {
    warnings.accept(warning);
  }

  void print(String line) {
    output.accept(line);
  }
}
