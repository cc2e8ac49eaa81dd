package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.python.FileImports;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.compiler.python.KernelDeclarations;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.python.ResourceImports;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
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
  private final KernelFile file;
  private final ImportResolver imports;
  private final KernelDeclarations declarations;
  private final Map<String, Kernel> kernels = new LinkedHashMap<>();
  private Consumer<Diagnostic> warnings = warning -> System.err.println(warning.render());
  private Consumer<String> output = System.out::println;

  private KernelModule(KernelFile file, ImportResolver imports) {
    this.file = file;
    this.imports = imports;
    this.declarations = KernelDeclarations.of(file, imports);
  }

  /**
   * A module from text, which can import no other files.
   *
   * @param name the name under which messages speak of it
   * @throws CompilationException if a kernel in it is not well formed
   */
  public static KernelModule of(String name, String text) {
    return new KernelModule(KernelFiles.load(new Source(name, text)), ImportResolver.NONE);
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
      var imports = new FileImports();
      return new KernelModule(imports.load(path), imports);
    } catch (NoSuchFileException e) {
      throw new KilnException("no such file: " + path);
    } catch (CharacterCodingException e) {
      throw new KilnException(path + " is not text in UTF-8");
    } catch (IOException e) {
      throw new KilnException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * A module from the class path; imports are looked for there too.
   *
   * @param anchor a class in the resource's package
   * @param name the resource's name in that package
   * @throws CompilationException if a kernel in it is not well formed
   * @throws KilnException if there is no such resource
   */
  public static KernelModule resource(Class<?> anchor, String name) {
    return resource(
        anchor.getClassLoader(), anchor.getPackageName().replace('.', '/') + "/" + name);
  }

  /**
   * {@link #resource(Class, String)} by the resource's whole path, for example {@code
   * "dev/kiln/kernels/matmul.py"}.
   */
  public static KernelModule resource(ClassLoader loader, String path) {
    var imports = new ResourceImports(loader);
    try {
      return new KernelModule(imports.load(path), imports);
    } catch (IllegalArgumentException e) {
      throw new KilnException("no such resource: " + path);
    }
  }

  /** The name under which messages speak of the file. */
  public String name() {
    return file.source().name();
  }

  public KernelFile file() {
    return file;
  }

  public KernelDeclarations declarations() {
    return declarations;
  }

  /** The names of the {@code jit} functions, helpers included, in the order of the file. */
  public List<String> functionNames() {
    return declarations.kernels().stream().map(KernelDeclaration::name).toList();
  }

  /**
   * A {@code jit} function to launch.
   *
   * @throws KilnException if there is none of that name
   */
  public synchronized Kernel kernel(String name) {
    KernelDeclaration declaration =
        declarations
            .kernel(name)
            .orElseThrow(
                () ->
                    new KilnException(
                        functionNames().isEmpty()
                            ? name() + " holds no @triton.jit function"
                            : "%s has no kernel '%s'; it has %s"
                                .formatted(name(), name, String.join(", ", functionNames()))));
    return kernels.computeIfAbsent(name, n -> new Kernel(this, declaration));
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

  ImportResolver imports() {
    return imports;
  }

  void warn(Diagnostic warning) {
    warnings.accept(warning);
  }

  void print(String line) {
    output.accept(line);
  }
}
