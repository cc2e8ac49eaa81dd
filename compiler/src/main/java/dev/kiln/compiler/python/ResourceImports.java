package dev.kiln.compiler.python;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Imports among class-path resources. The name of a source is its resource's full name, {@code
 * dev/kiln/kernels/norms.py}; relative imports go from its folder, absolute ones from beside it and
 * then from the root. Each file is read once. Not for several threads.
 */
public final class ResourceImports implements ImportResolver {
  private final ClassLoader loader;
  private final Map<String, Optional<KernelFile>> files = new HashMap<>();

  public ResourceImports(ClassLoader loader) {
    this.loader = loader;
  }

  /**
   * The kernel file of a resource.
   *
   * @throws IllegalArgumentException if there is no such resource
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a function for the device in it
   *     is not well formed
   */
  public KernelFile load(String resource) {
    return read(resource)
        .orElseThrow(() -> new IllegalArgumentException("there is no resource " + resource));
  }

  /** {@link #load(String)} with the text that the resource is known to have. */
  public KernelFile load(String resource, String text) {
    KernelFile file = KernelFiles.load(new Source(resource, text));
    files.put(resource, Optional.of(file));
    return file;
  }

  /** The text of each resource that was looked for so far; empty where there was none. */
  public Map<String, Optional<String>> filesSeen() {
    Map<String, Optional<String>> seen = new TreeMap<>();
    files.forEach((name, file) -> seen.put(name, file.map(found -> found.source().text())));
    return seen;
  }

  @Override
  public Optional<KernelFile> resolve(Source importing, int level, String module) {
    if (level == 0 && FileImports.isLibrary(module)) {
      return Optional.empty();
    }
    String folder = parent(importing.name());
    for (int i = 1; i < level; i++) {
      folder = parent(folder);
    }
    String relative = module.replace('.', '/');
    var beside = in(folder, relative);
    return beside.isPresent() || level > 0 ? beside : in("", relative);
  }

  private static String parent(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? "" : name.substring(0, slash);
  }

  private Optional<KernelFile> in(String folder, String module) {
    String prefix = folder.isEmpty() ? "" : folder + "/";
    if (module.isEmpty()) {
      return read(prefix + "__init__.py");
    }
    var file = read(prefix + module + ".py");
    return file.isPresent() ? file : read(prefix + module + "/__init__.py");
  }

  private Optional<KernelFile> read(String resource) {
    var known = files.get(resource);
    if (known != null) {
      return known;
    }
    Optional<KernelFile> file = Optional.empty();
    try (var in = loader.getResourceAsStream(resource)) {
      if (in != null) {
        file =
            Optional.of(
                KernelFiles.load(
                    new Source(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
    files.put(resource, file);
    return file;
  }
}
